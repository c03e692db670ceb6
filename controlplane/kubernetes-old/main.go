// Command kubernetes-old links etcd and the kube-apiserver of the oldest Kubernetes that the bundles support, to see
// that what the operators install is accepted there. The rest of such a cluster comes from ../kubernetes.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	name := filepath.Base(os.Args[0])
	if len(os.Args) < 2 {
		fmt.Fprintf(os.Stderr, "Usage: %s etcd|kube-apiserver [ARGUMENT...]\n", name)
		os.Exit(2)
	}
	os.Args = os.Args[1:]
	switch os.Args[0] {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		command := apiserver.NewAPIServerCommand()
		command.SetArgs(os.Args[1:])
		os.Exit(cli.Run(command))
	default:
		fmt.Fprintf(os.Stderr, "%s: unknown component %q\n", name, os.Args[0])
		os.Exit(2)
	}
}
