// Chart is the framework's example of an add-on that is made from a Helm chart: with values from two kinds of configuration,
// a health that is read from the feedback of its works, and a Job that runs before it goes.
//
//	chart KUBECONFIG   manages it on a hub
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"open-cluster-management.io/addon-framework/examples/helloworld"
	example "open-cluster-management.io/addon-framework/examples/helloworld_helm"
	"open-cluster-management.io/addon-framework/pkg/addonfactory"
	"open-cluster-management.io/addon-framework/pkg/addonmanager"
	"open-cluster-management.io/addon-framework/pkg/utils"
	addonclient "open-cluster-management.io/api/client/addon/clientset/versioned"
)

func manage(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	addons, err := addonclient.NewForConfig(config)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	getter := utils.NewAddOnDeploymentConfigGetter(addons)
	addon, err := addonfactory.NewAgentAddonFactory(example.AddonName, example.FS, "manifests/charts/helloworld").
		WithConfigGVRs(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, utils.AddOnDeploymentConfigGVR).
		WithGetValuesFuncs(
			example.GetDefaultValues,
			addonfactory.GetAddOnDeploymentConfigValues(
				getter,
				addonfactory.ToAddOnNodePlacementValues,
				addonfactory.ToAddOnProxyConfigValues,
				addonfactory.ToAddOnResourceRequirementsValues,
			),
			example.GetImageValues(client),
			addonfactory.GetValuesFromAddonAnnotation,
		).
		WithAgentRegistrationOption(helloworld.NewRegistrationOption(config, example.AddonName, "greeter")).
		WithAgentInstallNamespace(utils.AgentInstallNamespaceFromDeploymentConfigFunc(getter)).
		WithAgentHealthProber(example.AgentHealthProber()).
		BuildHelmAgentAddon()
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
