package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apiserver/pkg/cel"
)

// describe writes a value so that its type can be told: `[type, text]`, with values in the place of text for
// aggregates. The entries of a map are sorted by the text of their keys.
func describe(value ref.Val) any {
	switch found := value.(type) {
	case types.Null:
		return []any{"null"}
	case types.Bool:
		return []any{"bool", bool(found)}
	case types.Int:
		return []any{"int", strconv.FormatInt(int64(found), 10)}
	case types.Uint:
		return []any{"uint", strconv.FormatUint(uint64(found), 10)}
	case types.Double:
		return []any{"double", strconv.FormatFloat(float64(found), 'e', -1, 64)}
	case types.String:
		return []any{"string", string(found)}
	case types.Bytes:
		return []any{"bytes", base64.StdEncoding.EncodeToString(found)}
	case types.Duration:
		return []any{"duration", strconv.FormatInt(found.Duration.Nanoseconds(), 10)}
	case types.Timestamp:
		return []any{"timestamp", strconv.FormatInt(found.Time.Unix(), 10), found.Time.Nanosecond()}
	case *types.Type:
		return []any{"type", found.TypeName()}
	case *types.Optional:
		if !found.HasValue() {
			return []any{"optional"}
		}
		return []any{"optional", describe(found.GetValue())}
	case cel.Quantity:
		return []any{"quantity", decimal(*found.Quantity)}
	case *cel.Quantity:
		return []any{"quantity", decimal(*found.Quantity)}
	case cel.Semver:
		return []any{"semver", found.Version.String()}
	case cel.IP:
		return []any{"ip", found.Addr.String()}
	case cel.CIDR:
		return []any{"cidr", found.Prefix.String()}
	case cel.URL:
		return []any{"url", found.URL.String()}
	case cel.Format:
		return []any{"format", found.Name}
	case traits.Mapper:
		entries := [][2]any{}
		for it := found.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, [2]any{describe(key), describe(found.Get(key))})
		}
		sort.Slice(entries, func(i, j int) bool { return text(entries[i][0]) < text(entries[j][0]) })
		return []any{"map", entries}
	case traits.Lister:
		items := []any{}
		for it := found.Iterator(); it.HasNext() == types.True; {
			items = append(items, describe(it.Next()))
		}
		return []any{"list", items}
	default:
		return []any{"other", fmt.Sprintf("%T", value)}
	}
}

// decimal is a quantity in digits alone.
func decimal(quantity resource.Quantity) string {
	return quantity.AsDec().String()
}

func text(described any) string {
	encoded, err := json.Marshal(described)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}
