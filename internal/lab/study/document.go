package study

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxFile is the size of a study file, in bytes: more is something else by mistake.
const maxFile = 1 << 20

// maxDepth is how many brackets of a YAML file may be open at once. Its parser takes time with the square of them: hours, of a file
// of maxFile.
const maxDepth = 1000

// position is a place in a file, both counted from 1.
type position struct{ line, column int }

// document is a YAML or TOML file as values and where they stand. A path is as data[1].kind; that of the whole is "".
type document struct {
	value  any // of map[string]any, []any, string, bool, int64, uint64, float64, nil
	keys   map[string]position
	values map[string]position
}

// at is where a path stands, or the nearest thing around it that stands anywhere.
func (d *document) at(places map[string]position, path string) position {
	for {
		if p, ok := places[path]; ok {
			return p
		}
		if p, ok := d.values[path]; ok {
			return p
		}
		end := strings.LastIndexAny(path, ".[")
		if end < 0 {
			return position{1, 1}
		}
		path = path[:end]
	}
}

func field(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// readYAML reads the one document of a YAML file.
func readYAML(file string, text []byte) (*document, error) {
	syntax := func(err error) error {
		at := position{1, 1}
		msg := err.Error()
		if e := yaml.Error(nil); errors.As(err, &e) {
			msg = e.GetMessage()
			if t := e.GetToken(); t != nil && t.Position != nil {
				at = position{t.Position.Line, t.Position.Column}
			}
		}
		return &Error{File: file, Line: at.line, Column: at.column, Msg: "is not YAML: " + msg}
	}
	if at, deep := tooDeep(text); deep {
		return nil, &Error{File: file, Line: at.line, Column: at.column, Msg: fmt.Sprintf("found %d open brackets, want %d at most", maxDepth+1, maxDepth)}
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntax(err)
	}
	d := &document{keys: map[string]position{}, values: map[string]position{}}
	documents := 0
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		if documents++; documents > 1 {
			p := doc.Body.GetToken().Position
			return nil, &Error{File: file, Line: p.Line, Column: p.Column, Msg: "a second document begins, want one study a file"}
		}
		d.placeYAML("", doc.Body)
	}
	if err := yaml.Unmarshal(text, &d.value); err != nil {
		return nil, syntax(err)
	}
	return d, nil
}

// tooDeep finds the bracket that is one too many. It counts those of texts and comments too: no study has so many.
func tooDeep(text []byte) (at position, deep bool) {
	open := 0
	for i, b := range text {
		switch b {
		case '[', '{':
			open++
		case ']', '}':
			open = max(0, open-1)
		}
		if open > maxDepth {
			return position{1 + bytes.Count(text[:i], []byte{'\n'}), i - bytes.LastIndexByte(text[:i], '\n')}, true
		}
	}
	return at, false
}

// placeYAML notes where a node and those within it stand.
func (d *document) placeYAML(path string, n ast.Node) {
	if n == nil {
		return
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		d.values[path] = position{t.Position.Line, t.Position.Column}
	}
	pair := func(v *ast.MappingValueNode) {
		key := v.Key.GetToken()
		name := field(path, key.Value)
		d.keys[name] = position{key.Position.Line, key.Position.Column}
		d.placeYAML(name, v.Value)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			pair(v)
		}
		if len(n.Values) > 0 && !n.IsFlowStyle {
			d.values[path] = d.keys[field(path, n.Values[0].Key.GetToken().Value)]
		}
	case *ast.MappingValueNode:
		pair(n)
		d.values[path] = d.keys[field(path, n.Key.GetToken().Value)]
	case *ast.SequenceNode:
		for i, v := range n.Values {
			d.placeYAML(element(path, i), v)
		}
	case *ast.AnchorNode:
		d.placeYAML(path, n.Value)
	case *ast.TagNode:
		d.placeYAML(path, n.Value)
	}
}

// readTOML reads a TOML file.
func readTOML(file string, text []byte) (*document, error) {
	value := map[string]any{}
	if err := toml.Unmarshal(text, &value); err != nil {
		at := position{1, 1}
		if e := (*toml.DecodeError)(nil); errors.As(err, &e) {
			at.line, at.column = e.Position()
		}
		return nil, &Error{File: file, Line: at.line, Column: at.column, Msg: "is not TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
	}
	d := &document{value: value, keys: map[string]position{}, values: map[string]position{}}
	p := tomlPlaces{document: d, text: text, tables: map[string]int{}}
	p.parser.Reset(text)
	for p.parser.NextExpression() {
		p.expression(p.parser.Expression())
	}
	return d, nil
}

// tomlPlaces notes where keys and values stand.
type tomlPlaces struct {
	*document
	text   []byte
	parser unstable.Parser
	table  string         // path of the table that key = value lines are of
	tables map[string]int // how many [[name]] there were of a path
}

func (p *tomlPlaces) expression(n *unstable.Node) {
	switch n.Kind {
	case unstable.Table, unstable.ArrayTable:
		p.table = ""
		var at position
		for key := n.Key(); key.Next(); {
			if k := p.tables[p.table]; k > 0 {
				p.table = element(p.table, k-1)
			}
			p.table = field(p.table, string(key.Node().Data))
			at = p.position(key.Node().Raw)
			if _, ok := p.keys[p.table]; !ok {
				p.keys[p.table], p.values[p.table] = at, at
			}
		}
		if n.Kind == unstable.ArrayTable {
			p.tables[p.table]++
		}
		if k := p.tables[p.table]; k > 0 {
			p.table = element(p.table, k-1)
			p.values[p.table] = at
		}
	case unstable.KeyValue:
		p.pair(p.table, n)
	}
}

func (p *tomlPlaces) pair(path string, n *unstable.Node) {
	for key := n.Key(); key.Next(); {
		path = field(path, string(key.Node().Data))
		at := p.position(key.Node().Raw)
		p.keys[path], p.values[path] = at, at
	}
	p.place(path, n.Value())
}

func (p *tomlPlaces) place(path string, n *unstable.Node) {
	if n.Raw.Length > 0 {
		p.values[path] = p.position(n.Raw)
	}
	i := 0
	for children := n.Children(); children.Next(); {
		switch child := children.Node(); {
		case n.Kind == unstable.InlineTable && child.Kind == unstable.KeyValue:
			p.pair(path, child)
		case n.Kind == unstable.Array && child.Kind != unstable.Comment:
			p.place(element(path, i), child)
			i++
		}
	}
}

func (p *tomlPlaces) position(r unstable.Range) position {
	before := p.text[:r.Offset]
	line := bytes.Count(before, []byte{'\n'})
	return position{line + 1, len(before) - bytes.LastIndexByte(before, '\n')}
}
