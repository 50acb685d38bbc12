package study

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// decoder fills structs from a document, strictly: a field that is none, or a value of another type, is an error.
// Fields are named by their json tags, and those of an embedded struct are the struct's own.
type decoder struct {
	file string
	*document
	errs  Errors
	begin func(into any) // sets what an element of a list has before it is read
}

// shorthand is a struct that a single string can stand for.
type shorthand interface{ fromString(string) }

// parsed is a value that is written as a string or a whole number.
type parsed interface{ parse(string) error }

func (d *decoder) errorf(path, format string, args ...any) {
	at := d.at(d.values, path)
	d.errs = append(d.errs, &Error{d.file, at.line, at.column, path, fmt.Sprintf(format, args...)})
}

// decode sets into, which is a pointer, to the value at the path.
func (d *decoder) decode(path string, v any, into reflect.Value) {
	if p, ok := into.Interface().(parsed); ok {
		s, isString := v.(string)
		if n, ok := whole(v); ok {
			s, isString = fmt.Sprint(n), true
		}
		if !isString {
			d.mismatch(path, v, "a size, such as 4GB")
		} else if err := p.parse(s); err != nil {
			d.errorf(path, "%v", err)
		}
		return
	}
	into = into.Elem()
	switch into.Kind() {
	case reflect.Struct:
		if s, ok := v.(string); ok {
			if short, ok := into.Addr().Interface().(shorthand); ok {
				short.fromString(s)
				return
			}
		}
		d.block(path, v, into)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			d.mismatch(path, v, "a list")
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
		for i, x := range list {
			if d.begin != nil {
				d.begin(into.Index(i).Addr().Interface())
			}
			d.decode(element(path, i), x, into.Index(i).Addr())
		}
	case reflect.String:
		s, ok := v.(string)
		if !ok {
			d.mismatch(path, v, "a text")
			return
		}
		into.SetString(s)
	case reflect.Bool:
		b, ok := v.(bool)
		if !ok {
			d.mismatch(path, v, "true or false")
			return
		}
		into.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, ok := whole(v)
		if !ok || into.OverflowInt(n) {
			d.mismatch(path, v, "a whole number")
			return
		}
		into.SetInt(n)
	case reflect.Uint64:
		if n, ok := v.(uint64); ok {
			into.SetUint(n)
		} else if n, ok := whole(v); ok && n >= 0 {
			into.SetUint(uint64(n))
		} else {
			d.mismatch(path, v, "a whole number, 0 or more")
		}
	case reflect.Float64:
		switch n := v.(type) {
		case float64:
			into.SetFloat(n)
		case int64:
			into.SetFloat(float64(n))
		case uint64:
			into.SetFloat(float64(n))
		default:
			d.mismatch(path, v, "a number")
		}
	default:
		panic("study: no values of type " + into.Type().String())
	}
}

// block fills a struct in the order of its fields.
func (d *decoder) block(path string, v any, into reflect.Value) {
	block, ok := v.(map[string]any)
	names := fieldNames(into.Type())
	if !ok {
		d.mismatch(path, v, "a block of "+strings.Join(names, ", "))
		return
	}
	for name := range block {
		if !slices.Contains(names, name) {
			at := d.at(d.keys, field(path, name))
			d.errs = append(d.errs, &Error{d.file, at.line, at.column, field(path, name),
				fmt.Sprintf("no such field, want one of %s%s", strings.Join(names, ", "), nearest(name, names))})
		}
	}
	eachField(into, func(name string, f reflect.Value) {
		if x, ok := block[name]; ok {
			d.decode(field(path, name), x, f.Addr())
		}
	})
}

func (d *decoder) mismatch(path string, v any, want string) {
	d.errorf(path, "found %s, want %s", describe(v), want)
}

// eachField calls do for the fields of a struct and of those embedded in it, in order.
func eachField(s reflect.Value, do func(name string, f reflect.Value)) {
	for i := range s.NumField() {
		f := s.Type().Field(i)
		switch name, _, _ := strings.Cut(f.Tag.Get("json"), ","); {
		case f.Anonymous:
			eachField(s.Field(i), do)
		case f.IsExported() && name != "-":
			do(name, s.Field(i))
		}
	}
}

func fieldNames(t reflect.Type) (names []string) {
	eachField(reflect.New(t).Elem(), func(name string, _ reflect.Value) { names = append(names, name) })
	return names
}

// whole is a number without a fraction, however it was written: 1e6 is one.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), n <= math.MaxInt64
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) <= 1<<53
	}
	return 0, false
}

// describe names a value of a document for an error.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "a block"
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case string:
		if len(v) > 40 {
			v = v[:40] + "..."
		}
		return fmt.Sprintf("the text %q", v)
	case bool:
		return fmt.Sprint(v)
	case int64, uint64, float64:
		return fmt.Sprintf("the number %v", v)
	}
	return fmt.Sprintf("%v", v)
}
