// Helloworld is the framework's example of an add-on that is made from Go templates, with a signer of its own beside the
// kubeconfig for the hub.
//
//	helloworld manager KUBECONFIG                                  manages it on a hub
//	helloworld install KUBECONFIG CLUSTER CONFIG                   installs it, with a client of version v1alpha1
//	helloworld agent KUBECONFIG HUB-KUBECONFIG CLUSTER NAMESPACE   is its agent on a managed cluster
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/signal"
	"syscall"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	example "open-cluster-management.io/addon-framework/examples/helloworld"
	"open-cluster-management.io/addon-framework/examples/helloworld_agent"
	"open-cluster-management.io/addon-framework/pkg/addonfactory"
	"open-cluster-management.io/addon-framework/pkg/agent"
	"open-cluster-management.io/addon-framework/pkg/utils"
	addonv1alpha1 "open-cluster-management.io/api/addon/v1alpha1"
	addonv1beta1 "open-cluster-management.io/api/addon/v1beta1"
	addonclient "open-cluster-management.io/api/client/addon/clientset/versioned"
	clusterv1 "open-cluster-management.io/api/cluster/v1"
	"open-cluster-management.io/test-addons/manager"
)

const (
	agentName  = "greeter"
	signerName = "example.com/helloworld"
)

// newSigner signs requests with a certificate authority that lives as long as this process.
func newSigner() (agent.CSRSignerFunc, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "helloworld-authority"},
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, authority, authority, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return utils.DefaultSignerWithExpiry(
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		time.Hour,
	), nil
}

func registration(config *rest.Config) (*agent.RegistrationOption, error) {
	sign, err := newSigner()
	if err != nil {
		return nil, err
	}
	option := example.NewRegistrationOption(config, example.AddonName, agentName)
	kubeClient, approve := option.Configurations, option.CSRApproveCheck
	option.Configurations = func(ctx context.Context, cluster *clusterv1.ManagedCluster,
		addon *addonv1beta1.ManagedClusterAddOn) ([]agent.RegistrationConfig, error) {
		configs, err := kubeClient(ctx, cluster, addon)
		return append(configs, &agent.CustomSignerRegistration{
			SignerName:        signerName,
			User:              "greeter-of-" + cluster.Name,
			Groups:            []string{"greeters"},
			OrganizationUnits: []string{"helloworld"},
		}), err
	}
	option.CSRApproveCheck = func(ctx context.Context, cluster *clusterv1.ManagedCluster,
		addon *addonv1beta1.ManagedClusterAddOn, csr *certificatesv1.CertificateSigningRequest) bool {
		return csr.Spec.SignerName == signerName || approve(ctx, cluster, addon, csr)
	}
	option.CSRSign = sign
	return option, nil
}

func manage(ctx context.Context, config *rest.Config) error {
	client, err := addonclient.NewForConfig(config)
	if err != nil {
		return err
	}
	registered, err := registration(config)
	if err != nil {
		return err
	}
	getter := utils.NewAddOnDeploymentConfigGetter(client)
	addon, err := addonfactory.NewAgentAddonFactory(example.AddonName, example.FS, "manifests/templates").
		WithConfigGVRs(utils.AddOnDeploymentConfigGVR).
		WithGetValuesFuncs(
			example.GetDefaultValues,
			addonfactory.GetAddOnDeploymentConfigValues(
				getter,
				addonfactory.ToAddOnDeploymentConfigValues,
			),
			addonfactory.GetAgentImageValues(getter, "Image", example.DefaultHelloWorldExampleImage),
			addonfactory.GetValuesFromAddonAnnotation,
		).
		WithAgentRegistrationOption(registered).
		WithAgentInstallNamespace(utils.AgentInstallNamespaceFromDeploymentConfigFunc(getter)).
		WithAgentHealthProber(&agent.HealthProber{Type: agent.HealthProberTypeLease}).
		WithAgentDeployTriggerClusterFilter(utils.ClusterImageRegistriesAnnotationChanged).
		BuildTemplateAgentAddon()
	if err != nil {
		return err
	}
	return manager.Start(ctx, config, addon)
}

// install creates the add-on and enables it on a cluster, as tools did before there was v1beta1.
func install(ctx context.Context, config *rest.Config, cluster, deploymentConfig string) error {
	client, err := addonclient.NewForConfig(config)
	if err != nil {
		return err
	}
	supported := addonv1alpha1.ConfigMeta{
		ConfigGroupResource: addonv1alpha1.ConfigGroupResource{
			Group:    utils.AddOnDeploymentConfigGVR.Group,
			Resource: utils.AddOnDeploymentConfigGVR.Resource,
		},
		DefaultConfig: &addonv1alpha1.ConfigReferent{Namespace: "default", Name: deploymentConfig},
	}
	_, err = client.AddonV1alpha1().ClusterManagementAddOns().Create(ctx, &addonv1alpha1.ClusterManagementAddOn{
		ObjectMeta: metav1.ObjectMeta{Name: example.AddonName},
		Spec: addonv1alpha1.ClusterManagementAddOnSpec{
			AddOnMeta:        addonv1alpha1.AddOnMeta{DisplayName: example.AddonName},
			SupportedConfigs: []addonv1alpha1.ConfigMeta{supported},
			InstallStrategy:  addonv1alpha1.InstallStrategy{Type: addonv1alpha1.AddonInstallStrategyManual},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	_, err = client.AddonV1alpha1().ManagedClusterAddOns(cluster).Create(ctx, &addonv1alpha1.ManagedClusterAddOn{
		ObjectMeta: metav1.ObjectMeta{Name: example.AddonName, Namespace: cluster},
		Spec:       addonv1alpha1.ManagedClusterAddOnSpec{InstallNamespace: "greetings"},
	}, metav1.CreateOptions{})
	return err
}

func run(ctx context.Context, command, kubeconfig string, args ...string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	switch command {
	case "manager":
		if err := manage(ctx, config); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	case "install":
		return install(ctx, config, args[0], args[1])
	case "agent":
		options := helloworld_agent.NewAgentOptions(example.AddonName)
		options.HubKubeconfigFile, options.SpokeClusterName, options.AddonNamespace = args[0], args[1], args[2]
		return options.RunAgent(ctx, config)
	}
	return fmt.Errorf("no command is called %q", command)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2], os.Args[3:]...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
