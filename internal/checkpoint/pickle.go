package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A pickle (Python's Lib/pickletools.py describes every opcode) is a program for a machine with a stack, a memo
// and the means to call any function of Python by name. This machine has the opcodes that torch.save
// needs for tensors by name, and no functions: what a name means decides references, and that knows a handful.

// The values on the stack are nil, bool, int64, float64, string and these.
type (
	tuple []any
	list  struct{ items []any }
	dict  struct{ keys, values []any } // in order; a key may come twice
	// global is a class or function, as "module.name".
	global string
)

// references is the world outside a pickle.
type references interface {
	// global says whether the name may occur.
	global(name global) error
	// call is the result of calling a global that was let in.
	call(name global, args tuple) (any, error)
	// persistent is the object that the pickle has no copy of, by what it calls it.
	persistent(id any) (any, error)
}

// Bounds, far above what a checkpoint of 100,000 tensors takes.
const (
	maxPickle = 32 << 20 // bytes
	maxStack  = 1 << 16  // values, and marks; Python writes at most 2000 at once, but tuples whole
	maxMemo   = 1 << 20  // values
	maxMade   = 1 << 20  // tuples, lists, dictionaries and what call and persistent give
)

// unpickler is the machine.
type unpickler struct {
	cursor
	refs  references
	stack []any
	marks []int // heights of the stack
	memo  map[uint32]any
	made  int
}

// unpickle runs the pickle at the beginning of b, which lies at base in its file, and gives its value and
// its length.
func unpickle(b []byte, base int64, what string, refs references) (any, int, error) {
	if len(b) > maxPickle {
		b = b[:maxPickle] // as good as truncated
	}
	u := &unpickler{cursor: cursor{b: b, base: base, what: what}, refs: refs, memo: make(map[uint32]any)}
	for u.err == nil {
		at := u.pos
		op := opcode(u.uint8())
		if u.err != nil {
			break
		}
		if op == opStop {
			value := u.pop(at)
			if len(u.stack) > 0 || len(u.marks) > 0 {
				u.fail(at, "%d values and %d marks are left at the end", len(u.stack), len(u.marks))
			}
			return value, u.pos, u.err
		}
		u.step(op, at)
	}
	return nil, u.pos, u.err
}

// step executes one opcode, which lies at offset at.
func (u *unpickler) step(op opcode, at int) {
	switch op {
	case opProto:
		if p := u.uint8(); p > 2 {
			u.fail(at, "pickle protocol %d, want 2 as torch.save writes it", p)
		}

	case opNone:
		u.push(at, nil)
	case opNewTrue:
		u.push(at, true)
	case opNewFalse:
		u.push(at, false)
	case opBinInt:
		u.push(at, int64(int32(u.uint32())))
	case opBinInt1:
		u.push(at, int64(u.uint8()))
	case opBinInt2:
		u.push(at, int64(u.uint16()))
	case opLong1:
		u.push(at, u.long(at))
	case opBinFloat:
		if b := u.take(8); b != nil {
			u.push(at, math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
	case opBinUnicode:
		u.push(at, string(u.take(uint64(u.uint32()))))
	case opShortBinString:
		u.push(at, string(u.take(uint64(u.uint8()))))

	case opMark:
		if len(u.marks) == maxStack {
			u.fail(at, "more than %d marks", maxStack)
		}
		u.marks = append(u.marks, len(u.stack))
	case opEmptyTuple:
		u.make(at, tuple{})
	case opTuple1, opTuple2, opTuple3:
		u.make(at, tuple(u.popN(at, int(op-opTuple1)+1)))
	case opTuple:
		u.make(at, tuple(u.popMark(at)))
	case opEmptyList:
		u.make(at, &list{})
	case opAppend:
		u.append(at, u.pop(at))
	case opAppends:
		u.append(at, u.popMark(at)...)
	case opEmptyDict:
		u.make(at, &dict{})
	case opSetItem:
		u.setItems(at, u.popN(at, 2))
	case opSetItems:
		u.setItems(at, u.popMark(at))

	case opBinPut:
		u.put(at, uint32(u.uint8()))
	case opLongBinPut:
		u.put(at, u.uint32())
	case opBinGet:
		u.get(at, uint32(u.uint8()))
	case opLongBinGet:
		u.get(at, u.uint32())

	case opGlobal:
		module := u.line()
		name := global(module + "." + u.line())
		u.result(at, name, u.refs.global(name))
	case opReduce:
		args, ok := u.pop(at).(tuple)
		name, isGlobal := u.pop(at).(global)
		if !ok || !isGlobal {
			u.fail(at, "REDUCE wants a function and a tuple of its arguments")
		}
		if u.err == nil {
			value, err := u.refs.call(name, args)
			u.result(at, value, err)
		}
	case opBinPersID:
		if id := u.pop(at); u.err == nil {
			value, err := u.refs.persistent(id)
			u.result(at, value, err)
		}
	case opBuild:
		u.pop(at) // attributes, such as _metadata of a state_dict
		if _, ok := u.top(at).(*dict); !ok {
			u.fail(at, "BUILD of something that is no OrderedDict")
		}

	default:
		u.fail(at, "opcode %s is none that torch.save needs for tensors; refused", op)
	}
}

// push puts a value on the stack.
func (u *unpickler) push(at int, value any) {
	if len(u.stack) == maxStack {
		u.fail(at, "more than %d values on the stack", maxStack)
		return
	}
	u.stack = append(u.stack, value)
}

// make is push for values that take memory of their own.
func (u *unpickler) make(at int, value any) {
	if u.made++; u.made > maxMade {
		u.fail(at, "more than %d objects", maxMade)
	}
	u.push(at, value)
}

// result is make for what came from outside the machine.
func (u *unpickler) result(at int, value any, err error) {
	if err != nil {
		u.fail(at, "%v", err)
		return
	}
	u.make(at, value)
}

// floor is the height of the stack at the last mark, which only popMark goes below.
func (u *unpickler) floor() int {
	if len(u.marks) == 0 {
		return 0
	}
	return u.marks[len(u.marks)-1]
}

// popN takes the n topmost values, in their order, and n nils if there are fewer.
func (u *unpickler) popN(at, n int) []any {
	values := make([]any, n)
	if len(u.stack)-n < u.floor() {
		u.fail(at, "the stack has %d values, want %d", len(u.stack)-u.floor(), n)
		return values
	}
	rest := len(u.stack) - n
	copy(values, u.stack[rest:])
	clear(u.stack[rest:])
	u.stack = u.stack[:rest]
	return values
}

// pop takes the topmost value.
func (u *unpickler) pop(at int) any {
	value := u.top(at)
	if u.err == nil {
		u.stack = u.stack[:len(u.stack)-1]
	}
	return value
}

// popMark takes the last mark and the values above it.
func (u *unpickler) popMark(at int) []any {
	if len(u.marks) == 0 {
		u.fail(at, "no mark on the stack")
		return nil
	}
	values := u.popN(at, len(u.stack)-u.floor())
	u.marks = u.marks[:len(u.marks)-1]
	return values
}

// top is the topmost value.
func (u *unpickler) top(at int) any {
	if len(u.stack) == u.floor() {
		u.fail(at, "the stack is empty")
		return nil
	}
	return u.stack[len(u.stack)-1]
}

// append appends to the list on top.
func (u *unpickler) append(at int, items ...any) {
	l, ok := u.top(at).(*list)
	if !ok {
		u.fail(at, "APPEND to something that is no list")
		return
	}
	l.items = append(l.items, items...)
}

// setItems puts pairs into the dictionary on top.
func (u *unpickler) setItems(at int, items []any) {
	d, ok := u.top(at).(*dict)
	if !ok || len(items)%2 != 0 {
		u.fail(at, "SETITEM wants a dictionary and pairs of key and value")
		return
	}
	for i := 0; i < len(items); i += 2 {
		d.keys, d.values = append(d.keys, items[i]), append(d.values, items[i+1])
	}
}

// put keeps the topmost value in the memo.
func (u *unpickler) put(at int, i uint32) {
	if len(u.memo) == maxMemo {
		u.fail(at, "more than %d values in the memo", maxMemo)
	}
	if value := u.top(at); u.err == nil {
		u.memo[i] = value
	}
}

// get pushes a value from the memo.
func (u *unpickler) get(at int, i uint32) {
	value, ok := u.memo[i]
	if !ok && u.err == nil {
		u.fail(at, "the memo has no value %d", i)
	}
	u.push(at, value)
}

// long reads an integer of up to 8 bytes in two's complement.
func (u *unpickler) long(at int) int64 {
	b := u.take(uint64(u.uint8()))
	if len(b) > 8 {
		u.fail(at, "an integer of %d bytes, want at most 8", len(b))
		return 0
	}
	var v uint64
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	unused := 64 - 8*len(b)
	return int64(v<<unused) >> unused
}

// typeName is a value's type as Python calls it; the value itself can be large, or contain itself.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case tuple:
		return "tuple"
	case *list:
		return "list"
	case *dict:
		return "dict"
	case global:
		return fmt.Sprintf("%.100s", string(v))
	case *storage:
		return "storage"
	case *view:
		return "tensor"
	}
	panic(fmt.Sprintf("checkpoint: a %T in a pickle", v))
}
