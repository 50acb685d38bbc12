package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"lmz"
	"lmz/internal/container"
	"lmz/internal/lab/measure"
	"lmz/internal/lm"
	"lmz/internal/model"
)

// frameTask is a frame of a file that is to be encoded or decoded.
type frameTask struct {
	Number    int    `json:"number"`
	Decode    bool   `json:"decode,omitempty"`
	Model     string `json:"model"`               // its identity, as files name it
	Name      string `json:"name"`                // by which lm.Open finds it where the task was made, "" for the one that lmz carries
	Precision string `json:"precision"`           //
	Policy    uint8  `json:"policy"`              // of the member
	Mixed     bool   `json:"mixed"`               // as the member's header says
	RawLen    int    `json:"raw_len"`             // bytes
	Blob      string `json:"blob"`                // of the job: the raw bytes, or the frame as it stands in the file
	Submitted string `json:"submitted,omitempty"` // unlike for each submission
}

// frameResult is what came of one.
type frameResult struct {
	Number    int    `json:"number"`
	Submitted string `json:"submitted"`
	Worker    string `json:"worker"`
	Blob      string `json:"blob"` // the frame as it stands in the file, or the raw bytes
	RawLen    int    `json:"raw_len"`
}

// maxFrameBytes bounds a frame as it stands in a file.
const maxFrameBytes = container.MaxFrame + 4096

// frame codes a frame of a file.
func (w *Worker) frame(ctx context.Context, d *delivery) (rawBytes int64, err error) {
	stop := w.keep(d, func() { d.extend() })
	defer stop()
	var t frameTask
	if err := json.Unmarshal(d.msg.Data(), &t); err != nil {
		return 0, errors.Join(err, d.die(ctx, "the task cannot be read: "+err.Error()))
	}
	b, err := w.Conn.jobBlobs(ctx, d.job)
	if err != nil {
		return 0, ended(err)
	}
	b = b.in(strconv.Itoa(t.Number))
	body, err := w.codeFrame(ctx, b, d, t)
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.Is(err, errEnded):
		return 0, errors.Join(err, d.drop(ctx))
	case errors.Is(err, errUnfit):
		w.unfitFor(d.job, d.key, "", err)
		return 0, errors.Join(err, d.pass(ctx))
	case err != nil:
		_, failed := d.fail(ctx, err.Error())
		return 0, errors.Join(err, failed)
	}
	r := frameResult{Number: t.Number, Submitted: t.Submitted, Worker: w.Name, RawLen: t.RawLen}
	if r.Blob, err = b.putBytes(ctx, body); err != nil {
		return 0, ended(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("cluster: %w", err)
	}
	return int64(t.RawLen), d.deliver(ctx, text, r.Blob)
}

// codeFrame is what a worker makes of a frame's blob. errEnded is the error if that is gone: the frame is done, and the servers delivered it twice.
func (w *Worker) codeFrame(ctx context.Context, b *blobs, d *delivery, t frameTask) (_ []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cluster: panic: %v", p)
		}
	}()
	body, err := b.getBytes(ctx, t.Blob, maxFrameBytes)
	if errors.Is(err, errNoBlob) {
		return nil, fmt.Errorf("%w: %w", errEnded, err)
	}
	if err != nil {
		return nil, ended(err)
	}
	m, err := w.frameModel(ctx, d, t)
	if err != nil {
		return nil, err
	}
	o := lmz.Options{Model: m, Threads: w.Threads, Policy: lmz.Policy(t.Policy), Context: ctx}
	if t.Policy > uint8(lmz.Carry) {
		return nil, fmt.Errorf("cluster: policy %d of a frame", t.Policy)
	}
	if !t.Decode {
		f, err := lmz.EncodeFrame(body, o)
		if err != nil {
			return nil, err
		}
		return f.Append(nil), nil
	}
	f, err := container.ParseFrame(body, t.Mixed)
	if err != nil {
		return nil, err
	}
	h := container.Header{Numerics: lm.Numerics, Policy: lmz.Policy(t.Policy), Model: m.ID(), RawSize: -1, Mixed: t.Mixed}
	return lmz.DecodeFrame(h, f, o)
}

// frameModel is the model of a frame, which is the one before mostly.
func (w *Worker) frameModel(ctx context.Context, d *delivery, t frameTask) (*lmz.Model, error) {
	if w.model != nil && w.keyed == t.Model {
		return w.model, nil
	}
	w.lab.Close()
	w.lab = measure.Lab{Stock: w.stock}
	w.model = nil
	w.stock.of(d.job)
	precision, err := model.ParsePrecision(t.Precision)
	if err != nil {
		return nil, err
	}
	path := ""
	if of := d.job.Subjects[d.key]; of.Model != "" {
		w.stock.mu.Lock()
		path, err = w.stock.model(ctx, of.Model, t.Name)
		w.stock.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
	m, err := lmz.OpenModel(path, precision)
	if err != nil {
		return nil, err
	}
	if m.ID().String() != t.Model {
		err := fmt.Errorf("cluster: the model here is %v, the frame wants %.80q", m.ID(), t.Model)
		if path == "" { // another version of lmz carries it
			err = fmt.Errorf("%w: %w", errUnfit, err)
		}
		return nil, err
	}
	w.model, w.keyed = m, t.Model
	return m, nil
}
