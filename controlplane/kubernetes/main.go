// Command kubernetes links the components of a Kubernetes cluster into one static binary. The component is chosen
// by the name that the binary is called by (a link named kube-apiserver) or by its first argument
// (kubernetes kube-apiserver --help). It adds no behaviour of its own.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// components maps the name of a component to what runs it with the arguments that follow the name.
var components = map[string]func(args []string) int{
	"etcd": func(args []string) int {
		etcdmain.Main(append([]string{"etcd"}, args...))
		return 0
	},
	"kube-apiserver":          command(apiserver.NewAPIServerCommand),
	"kube-controller-manager": command(controllermanager.NewControllerManagerCommand),
	"kube-scheduler":          command(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kube-proxy":              command(proxy.NewProxyCommand),
	"kubelet":                 command(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }),
}

func command(build func() *cobra.Command) func([]string) int {
	return func(args []string) int {
		cmd := build()
		cmd.SetArgs(args)
		return cli.Run(cmd)
	}
}

func main() {
	os.Exit(run(os.Args))
}

func run(args []string) int {
	name, rest := filepath.Base(args[0]), args[1:]
	if component, found := components[name]; found {
		return component(rest)
	}
	if len(rest) == 0 {
		usage(os.Stderr, name)
		return 2
	}
	switch rest[0] {
	case "--version":
		fmt.Println(version.Get().GitVersion)
		return 0
	case "--help", "-h":
		usage(os.Stdout, name)
		return 0
	}
	component, found := components[rest[0]]
	if !found {
		fmt.Fprintf(os.Stderr, "%s: unknown component %q\n", name, rest[0])
		usage(os.Stderr, name)
		return 2
	}
	// Several components look at os.Args themselves.
	os.Args = rest
	return component(rest[1:])
}

func usage(out io.Writer, name string) {
	names := make([]string, 0, len(components))
	for component := range components {
		names = append(names, component)
	}
	slices.Sort(names)
	fmt.Fprintf(out, "Usage: %s COMPONENT [ARGUMENT...]\nComponents: %s\n", name, strings.Join(names, ", "))
}
