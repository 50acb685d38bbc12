package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// storage is a run of elements in the file, of which tensors are views.
type storage struct {
	dtype DType
	key   string
	numel int64
	data  []byte // numel elements
}

// size is the number of bytes of an element.
func (s *storage) size() int { return layouts[s.dtype].bytes }

// view is a tensor: element (i, j, ...) is storage element offset + i*stride[0] + j*stride[1] + ...
type view struct {
	storage       *storage
	offset        int64
	shape, stride []int
}

// storageTypes are torch's classes; torch.cuda has the same names.
var storageTypes = map[string]DType{
	"FloatStorage":    F32,
	"HalfStorage":     F16,
	"BFloat16Storage": BF16,
	"DoubleStorage":   "F64",
	"ByteStorage":     U8,
	"CharStorage":     I8,
	"ShortStorage":    "I16",
	"IntStorage":      "I32",
	"LongStorage":     I64,
	"BoolStorage":     "BOOL",
}

// storageType is the element type of a storage class, and "" for other globals.
func storageType(name global) DType {
	class, _ := strings.CutPrefix(string(name), "torch.")
	class, _ = strings.CutPrefix(class, "cuda.")
	if !strings.HasPrefix(string(name), "torch.") {
		return ""
	}
	return storageTypes[class]
}

// The functions that a state_dict calls.
const (
	orderedDict      global = "collections.OrderedDict"
	rebuildTensor    global = "torch._utils._rebuild_tensor_v2"
	rebuildParameter global = "torch._utils._rebuild_parameter"
)

// torchReferences is what a state_dict may refer to.
type torchReferences struct {
	storage func(*storage) (*storage, error) // with its data, or one that will have it when the pickle was read
}

func (torchReferences) global(name global) error {
	if name == orderedDict || name == rebuildTensor || name == rebuildParameter || storageType(name) != "" {
		return nil
	}
	return fmt.Errorf("the pickle asks for %.100q, which is nothing that a file of tensors needs; refused, nothing was executed", string(name))
}

func (torchReferences) call(name global, args tuple) (any, error) {
	switch {
	case name == orderedDict && len(args) == 0:
		return &dict{}, nil
	case name == rebuildTensor && (len(args) == 6 || len(args) == 7): // storage, offset, shape, stride, requires_grad, hooks, metadata
		s, ok1 := args[0].(*storage)
		offset, ok2 := args[1].(int64)
		shape, ok3 := lengths(args[2])
		stride, ok4 := lengths(args[3])
		if !ok1 || !ok2 || !ok3 || !ok4 || offset < 0 || len(shape) != len(stride) {
			return nil, errors.New("a tensor of other parts than storage, offset, shape and as many strides, none negative")
		}
		return &view{s, offset, shape, stride}, nil
	case name == rebuildParameter && len(args) == 3: // tensor, requires_grad, hooks
		if v, ok := args[0].(*view); ok {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%s with %d arguments, or of other types than torch.save writes", typeName(name), len(args))
}

// persistent is the storage of ('storage', class, key, location, number of elements), and in old files None.
func (r torchReferences) persistent(id any) (any, error) {
	t, _ := id.(tuple)
	if len(t) == 6 && t[5] == nil {
		t = t[:5]
	}
	if len(t) != 5 || t[0] != any("storage") {
		return nil, fmt.Errorf("a persistent %s of %d parts, want ('storage', class, key, location, elements)", typeName(id), len(t))
	}
	class, ok1 := t[1].(global)
	key, ok2 := t[2].(string)
	numel, ok3 := t[4].(int64)
	if !ok1 || !ok2 || !ok3 || storageType(class) == "" || numel < 0 {
		return nil, fmt.Errorf("a storage of %s, %s, %s, want class, key and number of elements", typeName(t[1]), typeName(t[2]), typeName(t[4]))
	}
	s, err := r.storage(&storage{dtype: storageType(class), key: key, numel: numel})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// lengths takes a tuple of integers that are not negative.
func lengths(v any) ([]int, bool) {
	t, ok := v.(tuple)
	x := make([]int, len(t))
	for i, v := range t {
		n, isInt := v.(int64)
		x[i] = int(n)
		ok = ok && isInt && n >= 0 && n <= math.MaxInt
	}
	return x, ok
}

// stateDict makes tensors of the value of a pickle. At most budget bytes are copied, for tensors that do
// not lie in row-major order: no more than the file has.
func stateDict(value any, budget int64) (*File, error) {
	d, ok := value.(*dict)
	if !ok {
		return nil, &UnsupportedError{fmt.Sprintf("the file holds a %s, want a dictionary of tensors by name", typeName(value))}
	}
	f := &File{Tensors: make(map[string]Tensor)}
	for i, key := range d.keys {
		name, ok := key.(string)
		v, isTensor := d.values[i].(*view)
		if !ok || !isTensor {
			return nil, &UnsupportedError{fmt.Sprintf("the file's dictionary has a %s under %s %.100q, want only tensors by name (a state_dict)", typeName(d.values[i]), typeName(key), name)}
		}
		if _, twice := f.Tensors[name]; twice {
			return nil, fmt.Errorf("checkpoint: tensor %.100q comes twice", name)
		}
		t, copied, err := v.tensor(budget)
		if err != nil {
			return nil, fmt.Errorf("checkpoint: tensor %.100q: %w", name, err)
		}
		budget -= copied
		f.Tensors[name] = t
	}
	return f, nil
}

// tensor checks a view, and gathers its elements if they do not lie in order, which takes memory of at most
// budget bytes.
func (v *view) tensor(budget int64) (t Tensor, copied int64, err error) {
	s := v.storage
	size, err := dataSize(s.dtype, v.shape)
	if err != nil {
		return t, 0, err
	}
	t = Tensor{DType: s.dtype, Shape: v.shape, Data: []byte{}}
	if size == 0 {
		return t, 0, nil
	}
	last, ordered, next := v.offset, true, 1
	for i := len(v.shape) - 1; i >= 0; i-- {
		n, stride := v.shape[i], v.stride[i]
		if n == 1 {
			continue
		}
		if last >= s.numel || int64(stride) > s.numel/int64(n-1) {
			last = s.numel // beyond the end, and no sum to overflow
			break
		}
		last += int64(n-1) * int64(stride)
		ordered = ordered && stride == next
		next *= n
	}
	if last >= s.numel {
		return t, 0, fmt.Errorf("shape %v with strides %v from element %d on, its storage has %d elements", v.shape, v.stride, v.offset, s.numel)
	}
	if ordered {
		begin := v.offset * int64(s.size())
		t.Data = s.data[begin : begin+size : begin+size]
		return t, 0, nil
	}
	if size > budget {
		return t, 0, fmt.Errorf("shape %v with strides %v: the tensors that are not in row-major order take more bytes than the file has", v.shape, v.stride)
	}
	t.Data = v.gather(make([]byte, 0, size))
	return t, size, nil
}

// gather appends the elements in row-major order. No axis is empty.
func (v *view) gather(b []byte) []byte {
	size, data := int64(v.storage.size()), v.storage.data
	at, axes := make([]int, len(v.shape)), len(v.shape)
	for element := v.offset; ; {
		b = append(b, data[element*size:(element+1)*size]...)
		i := axes - 1
		for ; i >= 0; i-- {
			element += int64(v.stride[i])
			if at[i]++; at[i] < v.shape[i] {
				break
			}
			element -= int64(v.shape[i]) * int64(v.stride[i])
			at[i] = 0
		}
		if i < 0 {
			return b
		}
	}
}
