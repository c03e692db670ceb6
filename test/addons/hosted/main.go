// Hosted is the framework's example of an add-on whose agent may run on another cluster than the managed one, and which
// cleans up by a Job before it goes.
//
//	hosted KUBECONFIG   manages it on a hub
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/tools/clientcmd"
	"open-cluster-management.io/addon-framework/examples/helloworld"
	example "open-cluster-management.io/addon-framework/examples/helloworld_hosted"
	"open-cluster-management.io/addon-framework/pkg/addonfactory"
	"open-cluster-management.io/addon-framework/pkg/addonmanager"
	"open-cluster-management.io/addon-framework/pkg/agent"
	clusterclient "open-cluster-management.io/api/client/cluster/clientset/versioned"
)

func manage(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	clusters, err := clusterclient.NewForConfig(config)
	if err != nil {
		return err
	}
	addon, err := addonfactory.NewAgentAddonFactory(example.AddonName, example.FS, "manifests/templates").
		WithGetValuesFuncs(helloworld.GetDefaultValues, addonfactory.GetValuesFromAddonAnnotation).
		WithAgentRegistrationOption(helloworld.NewRegistrationOption(config, example.AddonName, "greeter")).
		WithAgentHostedModeEnabledOption().
		WithManagedClusterClient(clusters).
		WithAgentHealthProber(&agent.HealthProber{Type: agent.HealthProberTypeWorkloadAvailability}).
		BuildTemplateAgentAddon()
	if err != nil {
		return err
	}
	manager, err := addonmanager.New(config)
	if err != nil {
		return err
	}
	if err := manager.AddAgent(addon); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := manage(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-ctx.Done()
}
