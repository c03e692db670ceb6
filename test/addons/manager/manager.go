// Package manager runs an add-on that was built with the framework, as the managers of vendors do.
package manager

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"open-cluster-management.io/addon-framework/pkg/addonmanager"
	"open-cluster-management.io/addon-framework/pkg/agent"
)

// Start manages an add-on on the hub of a configuration, until the context ends.
func Start(ctx context.Context, config *rest.Config, addon agent.AgentAddon) error {
	manager, err := addonmanager.New(config)
	if err != nil {
		return err
	}
	if err := manager.AddAgent(addon); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func start(ctx context.Context, build func(*rest.Config) (agent.AgentAddon, error)) error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		return err
	}
	addon, err := build(config)
	if err != nil {
		return err
	}
	return Start(ctx, config, addon)
}

// Main is the main function of a program with one argument, the kubeconfig of a hub, that manages an add-on there.
func Main(build func(*rest.Config) (agent.AgentAddon, error)) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, build); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-ctx.Done()
}
