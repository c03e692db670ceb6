// Hosted is the framework's example of an add-on whose agent may run on another cluster than the managed one, and which
// cleans up by a Job before it goes.
//
//	hosted KUBECONFIG   manages it on a hub
package main

import (
	"k8s.io/client-go/rest"
	"open-cluster-management.io/addon-framework/examples/helloworld"
	example "open-cluster-management.io/addon-framework/examples/helloworld_hosted"
	"open-cluster-management.io/addon-framework/pkg/addonfactory"
	"open-cluster-management.io/addon-framework/pkg/agent"
	clusterclient "open-cluster-management.io/api/client/cluster/clientset/versioned"
	"open-cluster-management.io/test-addons/manager"
)

func build(config *rest.Config) (agent.AgentAddon, error) {
	clusters, err := clusterclient.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return addonfactory.NewAgentAddonFactory(example.AddonName, example.FS, "manifests/templates").
		WithGetValuesFuncs(helloworld.GetDefaultValues, addonfactory.GetValuesFromAddonAnnotation).
		WithAgentRegistrationOption(helloworld.NewRegistrationOption(config, example.AddonName, "greeter")).
		WithAgentHostedModeEnabledOption().
		WithManagedClusterClient(clusters).
		WithAgentHealthProber(&agent.HealthProber{Type: agent.HealthProberTypeWorkloadAvailability}).
		BuildTemplateAgentAddon()
}

func main() {
	manager.Main(build)
}
