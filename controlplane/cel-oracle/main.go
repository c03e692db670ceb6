// Command cel-oracle evaluates CEL expressions as Kubernetes does, so that tests can hold another evaluator against it.
// It reads one JSON request a line from stdin and answers each with one JSON line on stdout.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apiserver/pkg/cel/library"
)

// request is an expression over the variable `object`, which is any JSON.
type request struct {
	Expression string          `json:"expression"`
	Object     json.RawMessage `json:"object"`
	CostLimit  uint64          `json:"costLimit"`
}

// answer has either a value or an error; stage says what failed: compile, program or evaluate.
type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
	Stage string `json:"stage,omitempty"`
	Cost  uint64 `json:"cost"`
}

func main() {
	env, err := cel.NewEnv(
		cel.Variable("object", cel.DynType),
		cel.OptionalTypes(),
		ext.Strings(),
		library.Lists(), library.Regex(), library.URLs(), library.Quantity(), library.IP(), library.CIDR(),
		library.Format(), library.SemverLib(),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := encoder.Encode(evaluate(env, asked)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Flush(); err != nil {
			os.Exit(1)
		}
	}
}

func evaluate(env *cel.Env, asked request) answer {
	ast, issues := env.Compile(asked.Expression)
	if issues.Err() != nil {
		return answer{Error: issues.Err().Error(), Stage: "compile"}
	}
	program, err := env.Program(ast, cel.CostLimit(asked.CostLimit), cel.CostTracking(&library.CostEstimator{}))
	if err != nil {
		return answer{Error: err.Error(), Stage: "program"}
	}
	var object any
	if len(asked.Object) > 0 {
		// As objects from an API server are decoded: whole numbers become integers.
		if err := utiljson.Unmarshal(asked.Object, &object); err != nil {
			return answer{Error: err.Error(), Stage: "request"}
		}
	}
	var value ref.Val
	value, details, err := program.Eval(map[string]any{"object": object})
	found := answer{}
	if details != nil && details.ActualCost() != nil {
		found.Cost = *details.ActualCost()
	}
	if err != nil {
		found.Error, found.Stage = err.Error(), "evaluate"
		return found
	}
	found.Value = describe(value)
	return found
}
