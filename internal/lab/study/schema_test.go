package study

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"lmz/internal/model"
)

// TestSchema compares the schema with the structs and with the names that there are.
func TestSchema(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	s := schemaOf{t, schema["$defs"].(map[string]any)}
	s.block("study", schema, reflect.TypeFor[Study]())
	s.choice("kind", s.defs["data"].(map[string]any)["properties"].(map[string]any)["kind"], kinds)
	s.choice("precision", s.defs["model"].(map[string]any)["properties"].(map[string]any)["precision"], model.Precisions())
	s.choice("baselines", s.defs["baselines"].(map[string]any)["items"], baselines)
	s.choice("protocols", s.defs["protocols"].(map[string]any)["items"], protocols)
	if pattern := schema["properties"].(map[string]any)["name"].(map[string]any)["pattern"]; pattern != studyName.String() {
		t.Errorf("name: pattern %v, want %v", pattern, studyName)
	}
}

type schemaOf struct {
	t    *testing.T
	defs map[string]any
}

// resolve follows a $ref.
func (s schemaOf) resolve(x any) map[string]any {
	block := x.(map[string]any)
	if ref, ok := block["$ref"].(string); ok {
		return s.resolve(s.defs[ref[len("#/$defs/"):]])
	}
	return block
}

// block wants an object's properties to be the fields of a struct, with their types.
func (s schemaOf) block(path string, block map[string]any, of reflect.Type) {
	properties := block["properties"].(map[string]any)
	names := fieldNames(of)
	if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
		s.t.Errorf("%s has %v, want %v", path, got, names)
	}
	if block["additionalProperties"] != false {
		s.t.Errorf("%s may have other fields", path)
	}
	eachField(reflect.New(of).Elem(), func(name string, f reflect.Value) {
		if x, ok := properties[name]; ok {
			s.value(field(path, name), s.resolve(x), f.Type())
		}
	})
}

func (s schemaOf) value(path string, x map[string]any, of reflect.Type) {
	want := ""
	switch of.Kind() {
	case reflect.Struct:
		if any, ok := x["anyOf"].([]any); ok { // a string or a block
			if s.resolve(any[0])["type"] != "string" {
				s.t.Errorf("%s: %v, want a string first", path, any)
			}
			x = s.resolve(any[1])
		}
		s.block(path, x, of)
		return
	case reflect.Slice:
		want = "array"
		s.value(path+"[]", s.resolve(x["items"]), of.Elem())
	case reflect.String:
		if _, ok := x["enum"]; ok {
			return
		}
		want = "string"
	case reflect.Bool:
		want = "boolean"
	case reflect.Float64:
		want = "number"
	default:
		if of == reflect.TypeFor[Size]() {
			return
		}
		want = "integer"
	}
	if x["type"] != want {
		s.t.Errorf("%s is of type %v, want %s", path, x["type"], want)
	}
}

func (s schemaOf) choice(path string, x any, want []string) {
	var got []string
	for _, name := range x.(map[string]any)["enum"].([]any) {
		got = append(got, name.(string))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("%s is one of %v, want %v", path, got, want)
	}
}
