package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/operator-framework/api/pkg/manifests"
	"github.com/operator-framework/api/pkg/validation"
	validationerrors "github.com/operator-framework/api/pkg/validation/errors"
	"github.com/operator-framework/operator-registry/pkg/lib/bundle"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
)

// What `operator-sdk bundle validate --select-optional suite=operatorframework` runs after the format and the content,
// with the validators that each bundle has to pass.
var validators = []struct {
	name     string
	validate func(...interface{}) []validationerrors.ManifestResult
}{
	{"csv", validation.ClusterServiceVersionValidator.Validate},
	{"crd", validation.CustomResourceDefinitionValidator.Validate},
	{"bundle", validation.BundleValidator.Validate},
	{"operatorhubv2", validation.OperatorHubV2Validator.Validate},
	{"standardcapabilities", validation.StandardCapabilitiesValidator.Validate},
	{"standardcategories", validation.StandardCategoriesValidator.Validate},
	{"alpha-deprecated-apis", validation.AlphaDeprecatedAPIsValidator.Validate},
	{"good-practices", validation.GoodPracticesValidator.Validate},
}

// validateBundle writes one line for each finding: error or warning, the validator, what it says.
func validateBundle() *cobra.Command {
	var kubernetes string
	command := &cobra.Command{
		Use:           "validate-bundle FOLDER",
		Short:         "Run the operator framework's validators on a bundle",
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, args []string) error {
			return findings(command.OutOrStdout(), args[0], kubernetes)
		},
	}
	command.Flags().StringVar(&kubernetes, "k8s-version", "", "the Kubernetes version, such as 1.25, that APIs have to be in")
	return command
}

func findings(out io.Writer, folder, kubernetes string) error {
	failed := false
	say := func(level, validator string, text any) {
		fmt.Fprintf(out, "%s %s: %v\n", level, validator, text)
		failed = failed || level == "error"
	}
	sayAll := func(validator string, err error) {
		var found bundle.ValidationError
		if errors.As(err, &found) {
			for _, one := range found.Errors {
				say("error", validator, one)
			}
		} else if err != nil {
			say("error", validator, err)
		}
	}
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	files := bundle.NewImageValidator(nil, logrus.NewEntry(logger))
	sayAll("format", files.ValidateBundleFormat(folder))
	loaded, err := manifests.GetBundleFromDir(folder)
	if err != nil {
		// The validators of the content take it for granted that there is a CSV.
		sayAll("load", err)
		return errFindings
	}
	sayAll("content", files.ValidateBundleContent(filepath.Join(folder, bundle.ManifestsDir)))
	objects := append(loaded.ObjectsToValidate(), map[string]string{"k8s-version": kubernetes})
	for _, validator := range validators {
		for _, result := range validator.validate(objects...) {
			for _, one := range result.Errors {
				say("error", validator.name, one.Detail)
			}
			for _, one := range result.Warnings {
				say("warning", validator.name, one.Detail)
			}
		}
	}
	if failed {
		return errFindings
	}
	return nil
}

var errFindings = errors.New("the bundle has errors")
