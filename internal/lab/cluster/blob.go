package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// blobs keep bytes by their SHA-256 in a stream: chunk i of a blob is the last message of the subject PREFIX.HASH.i, and PREFIX.HASH.size,
// which is written last, says how many bytes there are in chunks of how many. So to put a blob twice, or by two at a time, changes
// nothing, and any server that has a copy answers for a chunk.
//
// It is what the client's object store is, but that one overwrites a chunk that it may yet have to send again, and makes a consumer
// for each read.
type blobs struct {
	conn   *Conn
	stream jetstream.Stream
	prefix string // of subjects
}

const (
	maxChunk   = 256 << 10 // bytes of a chunk; a server's default limit of a message is 1 MiB
	chunksOnce = 8         // that are asked for before the first has come
	notYet     = 8         // times that a server is asked again for what it does not have: it may be behind the others
)

// hash is a blob's name.
func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// isHash says whether a text that came from elsewhere is a SHA-256 in hexadecimal.
func isHash(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 2*sha256.Size && strings.ToLower(s) == s
}

// openBlobs opens the blobs of a stream, which is made if it is not there.
func (c *Conn) openBlobs(ctx context.Context, name, prefix string) (*blobs, error) {
	s, err := c.stream(ctx, jetstream.StreamConfig{
		Name:              name,
		Description:       "lmz: blobs by their SHA-256",
		Subjects:          []string{prefix + ".>"},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		AllowDirect:       true,
	})
	if err != nil {
		return nil, err
	}
	return &blobs{c, s, prefix}, nil
}

// jobBlobs opens those of a job, which whoever made the job has made: jetstream.ErrStreamNotFound is the error after it has ended.
func (c *Conn) jobBlobs(ctx context.Context, j *job) (*blobs, error) {
	b := &blobs{conn: c, prefix: j.blobPrefix()}
	err := c.retry(ctx, "the blobs of a job", func(ctx context.Context) (err error) {
		b.stream, err = c.js.Stream(ctx, j.blobStream())
		return err
	})
	return b, err
}

// Errors of get for a blob that nobody put, and for one that is not what its hash and whoever asks for it say.
var (
	errNoBlob  = errors.New("cluster: no such blob")
	errBadBlob = errors.New("cluster: a bad blob")
)

// size is how many bytes a blob has in chunks of how many. A server that does not have it is asked again so many times.
func (b *blobs) size(ctx context.Context, hash string, again int) (size, chunk int64, err error) {
	m, err := b.last(ctx, hash+".size", again)
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscanf(string(m[:min(len(m), 64)]), "%d %d", &size, &chunk); err != nil || size < 0 || chunk < 1 || chunk > maxChunk {
		return 0, 0, fmt.Errorf("%w: %.8s: its size is %.64q, want two numbers", errBadBlob, hash, m)
	}
	return size, chunk, nil
}

// last is the message of a blob's subject. A server that does not have it is asked again so many times, and then the leader, who knows.
func (b *blobs) last(ctx context.Context, subject string, again int) (data []byte, err error) {
	left := again
	err = b.conn.retry(ctx, "blob "+subject, func(ctx context.Context) error {
		m, err := b.stream.GetLastMsgForSubject(ctx, b.prefix+"."+subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			if left--; left < 0 && (again == 0 || !b.leaderHas(ctx, subject)) {
				return errFinal{errNoBlob}
			}
			return errNoBlob
		case errors.Is(err, nats.ErrNoResponders):
			return b.conn.unanswered(ctx, b.prefix+"."+subject, err)
		case err != nil:
			return err
		}
		data = m.Data
		return nil
	})
	return data, err
}

// leaderHas says whether the stream's leader has a message of a subject, whatever others have by now. It errs on the side of yes.
func (b *blobs) leaderHas(ctx context.Context, subject string) bool {
	subject = b.prefix + "." + subject
	info, err := b.stream.Info(ctx, jetstream.WithSubjectFilter(subject))
	return err != nil || info.State.Subjects[subject] > 0
}

// put keeps a blob of so many bytes, whose hash the caller has found out.
func (b *blobs) put(ctx context.Context, hash string, size int64, r io.Reader) error {
	if _, _, err := b.size(ctx, hash, 0); err == nil {
		return nil
	} else if !errors.Is(err, errNoBlob) {
		return err
	}
	chunk := min(maxChunk, b.conn.nc.MaxPayload()*3/4)
	sum := sha256.New()
	r = io.TeeReader(r, sum)
	var sending sync.WaitGroup
	defer sending.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, chunksOnce)
	for i, left := 0, size; left > 0; i++ {
		data := make([]byte, min(left, chunk)) // its own: it may be sent again
		if _, err := io.ReadFull(r, data); err != nil {
			return fmt.Errorf("cluster: blob %.8s: %w", hash, err)
		}
		left -= int64(len(data))
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		sending.Go(func() {
			defer func() { <-slots }()
			if err := b.conn.publish(ctx, &nats.Msg{Subject: b.prefix + "." + hash + "." + strconv.Itoa(i), Data: data}, ""); err != nil {
				cancel(err)
			}
		})
	}
	sending.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found != hash {
		return fmt.Errorf("cluster: blob %.8s: what was read has the hash %.8s: it changed", hash, found)
	}
	return b.conn.publish(ctx, &nats.Msg{Subject: b.prefix + "." + hash + ".size", Data: fmt.Appendf(nil, "%d %d", size, chunk)}, "")
}

// putBytes keeps a blob and returns its hash.
func (b *blobs) putBytes(ctx context.Context, data []byte) (hash string, err error) {
	hash = hashOf(data)
	return hash, b.put(ctx, hash, int64(len(data)), bytes.NewReader(data))
}

// get writes a blob of at most so many bytes to w. What was written is the blob only if the error is nil.
func (b *blobs) get(ctx context.Context, hash string, most int64, w io.Writer) error {
	if !isHash(hash) {
		return fmt.Errorf("%w: the name %.80q, want a SHA-256", errBadBlob, hash)
	}
	size, chunk, err := b.size(ctx, hash, notYet)
	if err != nil {
		return fmt.Errorf("cluster: blob %.8s: %w", hash, err)
	}
	if size > most {
		return fmt.Errorf("%w: %.8s has %d bytes, want at most %d", errBadBlob, hash, size, most)
	}
	count := (size + chunk - 1) / chunk
	type answer struct {
		data []byte
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan chan answer, chunksOnce-1)
	go func() {
		defer close(answers)
		for i := range count {
			one := make(chan answer, 1)
			select {
			case answers <- one:
			case <-ctx.Done():
				return
			}
			go func() {
				data, err := b.last(ctx, hash+"."+strconv.FormatInt(i, 10), notYet)
				one <- answer{data, err}
			}()
		}
	}()
	sum := sha256.New()
	var written int64
	for one := range answers {
		a := <-one
		if a.err != nil {
			return fmt.Errorf("cluster: blob %.8s: %w", hash, a.err)
		}
		if written += int64(len(a.data)); written > size {
			return fmt.Errorf("%w: %.8s has more bytes than the %d that it says", errBadBlob, hash, size)
		}
		sum.Write(a.data)
		if _, err := w.Write(a.data); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found != hash {
		return fmt.Errorf("%w: %.8s: %d bytes with the hash %.8s came", errBadBlob, hash, written, found)
	}
	return nil
}

// getBytes is get into memory, which grows as bytes come.
func (b *blobs) getBytes(ctx context.Context, hash string, most int64) ([]byte, error) {
	var data bytes.Buffer
	err := b.get(ctx, hash, most, &data)
	return data.Bytes(), err
}

// in are the blobs of a part, which knows nothing of the others' and can be removed by itself.
func (b *blobs) in(part string) *blobs { return &blobs{b.conn, b.stream, b.prefix + "." + part} }

// removeAll takes all blobs of a part out.
func (b *blobs) removeAll(ctx context.Context) error {
	return b.conn.retry(ctx, "removing blobs", func(ctx context.Context) error {
		return b.stream.Purge(ctx, jetstream.WithPurgeSubject(b.prefix+".>"))
	})
}

// errFinal is an error that retry does not try again after.
type errFinal struct{ error }

func (e errFinal) Unwrap() error { return e.error }
