// Command kubectl is kubectl, which is not in the binary of the components because that initialises them all when it
// starts: a tenth of a second of the processor, and tests call kubectl more than a thousand times.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() {
	os.Exit(cli.Run(cmd.NewDefaultKubectlCommand()))
}
