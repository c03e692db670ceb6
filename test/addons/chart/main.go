// Chart is the framework's example of an add-on that is made from a Helm chart: with values from two kinds of configuration,
// a health that is read from the feedback of its works, and a Job that runs before it goes.
//
//	chart KUBECONFIG   manages it on a hub
package main

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"open-cluster-management.io/addon-framework/examples/helloworld"
	example "open-cluster-management.io/addon-framework/examples/helloworld_helm"
	"open-cluster-management.io/addon-framework/pkg/addonfactory"
	"open-cluster-management.io/addon-framework/pkg/agent"
	"open-cluster-management.io/addon-framework/pkg/utils"
	addonclient "open-cluster-management.io/api/client/addon/clientset/versioned"
	"open-cluster-management.io/test-addons/manager"
)

func build(config *rest.Config) (agent.AgentAddon, error) {
	addons, err := addonclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	getter := utils.NewAddOnDeploymentConfigGetter(addons)
	return addonfactory.NewAgentAddonFactory(example.AddonName, example.FS, "manifests/charts/helloworld").
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
}

func main() {
	manager.Main(build)
}
