package checkpoint

import "fmt"

// opcode is an instruction of a pickle.
type opcode byte

// The opcodes of the machine.
const (
	opProto          opcode = 0x80
	opStop           opcode = '.'
	opMark           opcode = '('
	opNone           opcode = 'N'
	opNewTrue        opcode = 0x88
	opNewFalse       opcode = 0x89
	opBinInt         opcode = 'J'
	opBinInt1        opcode = 'K'
	opBinInt2        opcode = 'M'
	opLong1          opcode = 0x8a
	opBinFloat       opcode = 'G'
	opBinUnicode     opcode = 'X'
	opShortBinString opcode = 'U'
	opEmptyTuple     opcode = ')'
	opTuple1         opcode = 0x85
	opTuple2         opcode = 0x86
	opTuple3         opcode = 0x87
	opTuple          opcode = 't'
	opEmptyList      opcode = ']'
	opAppend         opcode = 'a'
	opAppends        opcode = 'e'
	opEmptyDict      opcode = '}'
	opSetItem        opcode = 's'
	opSetItems       opcode = 'u'
	opBinPut         opcode = 'q'
	opLongBinPut     opcode = 'r'
	opBinGet         opcode = 'h'
	opLongBinGet     opcode = 'j'
	opGlobal         opcode = 'c'
	opReduce         opcode = 'R'
	opBinPersID      opcode = 'Q'
	opBuild          opcode = 'b'
)

// refusedOpcodes names those that the machine lacks, for messages: other ways to call, and what protocols
// beside 2 write.
var refusedOpcodes = map[opcode]string{
	'i': "INST", 'o': "OBJ", 'P': "PERSID", 0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
	0x92: "NEWOBJ_EX", 0x93: "STACK_GLOBAL", 0x94: "MEMOIZE", 0x95: "FRAME",
	'0': "POP", '1': "POP_MARK", '2': "DUP", 'I': "INT", 'L': "LONG", 'F': "FLOAT", 'S': "STRING", 'T': "BINSTRING", 'V': "UNICODE",
	'l': "LIST", 'd': "DICT", 'g': "GET", 'p': "PUT", 0x8b: "LONG4", 'B': "BINBYTES", 'C': "SHORT_BINBYTES",
	0x8c: "SHORT_BINUNICODE", 0x8d: "BINUNICODE8", 0x8e: "BINBYTES8", 0x8f: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET",
	0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
}

func (op opcode) String() string {
	if name, ok := refusedOpcodes[op]; ok {
		return fmt.Sprintf("%s (%#02x)", name, byte(op))
	}
	return fmt.Sprintf("%#02x", byte(op))
}
