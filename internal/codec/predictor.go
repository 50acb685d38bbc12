package codec

// Predictor is a causal language model: from the symbols so far it predicts the next. It is immutable
// and safe for concurrent use; what changes lives in its Sessions. A Predictor passes the suite of
// codec/codectest, or its files do not decode.
type Predictor interface {
	// Symbols is V, the number of symbols 0..V-1 that can be coded.
	Symbols() int

	// Start is the id of start-of-text, the first symbol of every context. It is never coded and
	// need not be below Symbols.
	Start() int32

	// Window is W if a context ends when it has W symbols, and nothing of it is known after but its last
	// symbol: what comes next is predicted as from an empty context, start-of-text and that symbol. So an encoder
	// can evaluate contexts of one segment in any order. 0 is for contexts that depend on one another.
	Window() int

	// Lanes is how many lanes a decoder had best step abreast in a Session: enough that a weight, once loaded, is
	// used often, few enough that their contexts stay near. It changes the speed only.
	Lanes() int

	// NewSession makes empty contexts for lanes 0..lanes-1, on which up to threads goroutines may work at once. The caller ends a
	// Session by dropping it.
	NewSession(lanes, threads int) Session
}

// Row is one symbol to append to the context of one lane.
type Row struct {
	Lane   int
	Symbol int32
}

// Session holds the contexts of several independent lanes. One goroutine uses it at a time.
type Session interface {
	// Advance appends each row's symbol to its lane's context and writes to logits the prediction
	// of what follows it: logits is (len(rows), V), row after row. Rows of one lane are in order;
	// rows of different lanes may stand in any order, and a lane may have none.
	//
	// The bits of a prediction depend on the symbols of its lane up to its row and on nothing else:
	// not on how rows were shared out between calls, not on the other lanes. Contexts have no
	// limit: what happens when a window is full is the Predictor's affair. Every logit is finite.
	Advance(rows []Row, logits []float32)

	// Reset empties the context of a lane, as it was when the Session was made.
	Reset(lane int)
}
