package checkpoint

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// anyStorage refers to storages that are all zeros.
var anyStorage = torchReferences{storage: func(s *storage) (*storage, error) { return s, nil }}

func TestPickleValues(t *testing.T) {
	for _, c := range []struct {
		pickle string
		want   any
	}{
		{"N.", nil},
		{"\x80\x02\x88.", true},
		{"\x89.", false},
		{"K\xff.", int64(255)},
		{"M\x01\x02.", int64(0x201)},
		{"J\xff\xff\xff\xff.", int64(-1)},
		{"\x8a\x00.", int64(0)},
		{"\x8a\x02\xff\x00.", int64(255)},
		{"\x8a\x01\x80.", int64(-128)},
		{"\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.", int64(-1 << 63)},
		{"G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5},
		{pickleStr("größer") + ".", "größer"},
		{"U\x02ab.", "ab"},
		{").", tuple{}},
		{"K\x01K\x02K\x03\x87.", tuple{int64(1), int64(2), int64(3)}},
		{"K\x01K\x02\x86\x85.", tuple{tuple{int64(1), int64(2)}}},
		{"((K\x01tK\x02t.", tuple{tuple{int64(1)}, int64(2)}},
		{"](K\x01K\x02eK\x03a.", &list{[]any{int64(1), int64(2), int64(3)}}},
		{"}K\x01Ns(K\x02NK\x03Nu.", &dict{[]any{int64(1), int64(2), int64(3)}, []any{nil, nil, nil}}},
		{"K\x05q\x07h\x07\x86.", tuple{int64(5), int64(5)}},
		{"K\x05r\x07\x01\x00\x00j\x07\x01\x00\x00\x86.", tuple{int64(5), int64(5)}},
		{"ccollections\nOrderedDict\n)R}K\x01Nsb.", &dict{}},
		{"ctorch.cuda\nHalfStorage\n.", global("torch.cuda.HalfStorage")},
	} {
		got, n, err := unpickle([]byte(c.pickle+"rest"), 0, "pickle", anyStorage)
		if err != nil || !reflect.DeepEqual(got, c.want) || n != len(c.pickle) {
			t.Errorf("%q: %v (%T), %d bytes, %v; want %v, %d bytes", c.pickle, got, got, n, err, c.want, len(c.pickle))
		}
	}
}

func TestPickleHostile(t *testing.T) {
	for _, c := range []struct{ name, pickle, want string }{
		{"a command", "cos\nsystem\n" + pickleStr("false") + "\x85R.", `offset 100: pickle: the pickle asks for "os.system"`},
		{"eval", "\x80\x02cbuiltins\neval\n" + pickleStr("1") + "\x85R.", `offset 102: pickle: the pickle asks for "builtins.eval"`},
		{"Python 2", "c__builtin__\neval\n.", `"__builtin__.eval"`},
		{"a part of torch", "ctorch\nload\n.", `"torch.load"`},
		{"a prefix", "cother\nFloatStorage\n.", `"other.FloatStorage"`},
		{"a long name", "c" + strings.Repeat("a", 5000) + "\nb\n.", strings.Repeat("a", 100) + `"`},
		{"INST", "(S'x'\nios\nsystem\n.", "offset 101: pickle: opcode STRING (0x53)"},
		{"INST at once", "(ios\nsystem\n.", "offset 101: pickle: opcode INST (0x69)"},
		{"OBJ", "(o.", "OBJ"},
		{"NEWOBJ", "ccollections\nOrderedDict\n)\x81.", "offset 126: pickle: opcode NEWOBJ (0x81)"},
		{"EXT1", "\x82\x01.", "EXT1"},
		{"STACK_GLOBAL", "\x93.", "STACK_GLOBAL"},
		{"no opcode", "\xff.", "opcode 0xff"},
		{"protocol 4", "\x80\x04.", "protocol 4"},
		{"REDUCE of a string", pickleStr("os.system") + ")R.", "REDUCE wants"},
		{"REDUCE without a tuple", "ccollections\nOrderedDict\nNR.", "REDUCE wants"},
		{"BUILD of a tuple", ")Nb.", "BUILD of"},
		{"the stack is empty", ".", "the stack is empty"},
		{"too few", "K\x01\x87.", "the stack has 1 values, want 3"},
		{"below the mark", "K\x01(\x85.", "the stack has 0 values, want 1"},
		{"no mark", "K\x01t.", "no mark"},
		{"left over", "NN.", "1 values and 0 marks are left"},
		{"a mark left over", "N(.", "the stack is empty"},
		{"no list", "NNa.", "no list"},
		{"no dictionary", "NNNs.", "wants a dictionary"},
		{"odd pairs", "}(Nu.", "wants a dictionary and pairs"},
		{"no memo", "h\x00.", "the memo has no value 0"},
		{"nothing to keep", "q\x00.", "the stack is empty"},
		{"a long integer", "\x8a\x09123456789.", "9 bytes, want at most 8"},
		{"deep in the stack", strings.Repeat("N", maxStack+1) + ".", "values on the stack"},
		{"deep in marks", strings.Repeat("(", maxStack+1) + ".", "marks"},
		{"many objects", "]" + strings.Repeat(")a", maxMade) + ".", "objects"},
	} {
		value, _, err := unpickle([]byte(c.pickle), 100, "pickle", anyStorage)
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 300 {
			t.Errorf("%s: %v, error %v, want a short FormatError with %q", c.name, value, err, c.want)
		}
	}
}

// A value that is nested ever deeper, or contains itself, is no trouble.
func TestPickleDeep(t *testing.T) {
	deep := "N" + strings.Repeat("\x85", 1<<18)
	for _, pickle := range []string{deep + ".", "]q\x00h\x00a.", "}q\x00K\x01h\x00s.", "\x80\x02}" + pickleStr("x") + deep + "s."} {
		value, _, err := unpickle([]byte(pickle), 0, "pickle", anyStorage)
		if err != nil {
			t.Error(err)
		}
		if _, err := stateDict(value, 0); err == nil || len(err.Error()) > 300 {
			t.Errorf("error %v, want a short one", err)
		}
	}
}

func TestPickleTruncated(t *testing.T) {
	whole := "\x80\x02}(" + pickleStr("x") + pickleTensor(pickleStorage("FloatStorage", "0", "M\x01\x00"), 0, []int{1}, []int{1}) +
		"K\x01G\x3f\xf8\x00\x00\x00\x00\x00\x00r\x00\x00\x00\x00u."
	for n := range whole {
		if _, _, err := unpickle([]byte(whole[:n]), 0, "pickle", anyStorage); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("the first %d bytes of %d: error %v", n, len(whole), err)
		}
	}
	if _, _, err := unpickle([]byte("X\xff\xff\xff\xffabc."), 0, "pickle", anyStorage); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a string of 4 GB: %v", err)
	}
}

func FuzzPickle(f *testing.F) {
	f.Add([]byte(smallPickle))
	f.Add([]byte("\x80\x02cposix\nsystem\nq\x00" + pickleStr("false") + "\x85R."))
	f.Add([]byte("]q\x00h\x00aK\x01\x85b."))
	zeros := make([]byte, 1<<16)
	refs := torchReferences{storage: func(s *storage) (*storage, error) {
		s.numel = min(s.numel, int64(len(zeros)/s.size()))
		s.data = zeros[:s.numel*int64(s.size())]
		return s, nil
	}}
	f.Fuzz(func(t *testing.T, b []byte) {
		value, n, err := unpickle(b, 0, "pickle", refs)
		if n > len(b) {
			t.Fatalf("%d bytes of %d", n, len(b))
		}
		if err == nil {
			stateDict(value, 1<<20)
		}
	})
}
