package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite"
)

const (
	// schemaVersion is the file's user_version. It is raised, and older files are brought up to it in
	// prepare, when a table changes. Since 2 the table deliveries says which worker made a row, and an unfinished cell may lack chunks
	// anywhere, not only at its end.
	schemaVersion = 2
	// applicationID is the file's application_id, by which `file` and we know it: "lmzS".
	applicationID = 'l'<<24 | 'm'<<16 | 'z'<<8 | 'S'
	// busyTimeout is how long SQLite waits for another process that writes, and with that does not heed a context. write
	// has more patience.
	busyTimeout = 2 * time.Second
)

// Store is an open file. Its methods may be called from several goroutines.
type Store struct {
	path      string
	db        *sql.DB
	file      fs.FileInfo   // that was opened, nil for reading
	temporary string        // a directory to remove when it is closed
	writing   chan struct{} // taken by the goroutine that writes: SQLite has one writer at a time

	held  sync.Mutex
	holds map[*Claim]struct{} // to be released when it is closed

	leaseFor, renewEvery time.Duration
}

// VersionError says that a file was made by a newer lmz.
type VersionError struct {
	Path        string
	Found, Ours int // schema versions
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("store: %s is of version %d, this lmz knows versions up to %d: use the lmz that wrote it, or a newer one", e.Path, e.Found, e.Ours)
}

// Open opens the store in a file, which it makes if there is none. A file that is something else is left as
// it is. The error is a *VersionError if a newer lmz made the file.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := checkHead(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s, err := connect(path, "rwc")
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, s.explain(err)
	}
	if s.file, err = os.Stat(path); err != nil {
		s.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	return s, nil
}

// OpenReadOnly opens the store in a file that must exist, for reading and Export.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	if err := checkHead(path); err != nil {
		return nil, err
	}
	mode := "rw&_pragma=query_only(1)" // not "ro", which would leave the files of the journal behind
	if journal, err := os.Stat(path + "-wal"); (err != nil || journal.Size() == 0) && !writable(filepath.Dir(path)) {
		mode = "ro&immutable=1" // SQLite cannot make the file by which readers and writers agree, and nobody writes
	}
	s, err := connect(path, mode)
	if err != nil {
		return nil, err
	}
	version, err := s.version(ctx)
	if err == nil && version == 0 {
		err = fmt.Errorf("store: %s is empty", path)
	}
	if err != nil {
		s.Close()
		return nil, s.explain(err)
	}
	return s, nil
}

// Temporary opens an empty store in a file that goes when it is closed, for callers that keep nothing.
func Temporary(ctx context.Context) (*Store, error) {
	dir, err := os.MkdirTemp("", "lmz-store-")
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s, err := Open(ctx, filepath.Join(dir, "store.db"))
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s.temporary = dir
	return s, nil
}

// Close releases the claims that are still held and closes the file.
func (s *Store) Close() error {
	s.held.Lock()
	claims := s.holds
	s.holds = nil
	s.held.Unlock()
	var errs []error
	for c := range claims {
		errs = append(errs, c.Release())
	}
	errs = append(errs, s.explain(s.db.Close()))
	if s.temporary != "" {
		errs = append(errs, os.RemoveAll(s.temporary))
	}
	return errors.Join(errs...)
}

// Path is the file's path.
func (s *Store) Path() string { return s.path }

// checkHead looks at a file without SQLite, which would write to some that are not its own. An empty
// file is good: a store can be made of it.
func checkHead(path string) error {
	const magic = "SQLite format 3\x00"
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("store: %s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer f.Close()
	var head [len(magic)]byte
	switch n, err := io.ReadFull(f, head[:]); {
	case n == 0 && err == io.EOF:
		return nil
	case err != nil && err != io.ErrUnexpectedEOF:
		return fmt.Errorf("store: %w", err)
	case string(head[:n]) != magic:
		return fmt.Errorf("store: %s is not a SQLite database: it begins with %.20q", path, head[:n])
	}
	return nil
}

// writable reports whether a file can be made in a directory.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".lmz-*")
	if err != nil {
		return false
	}
	f.Close()
	os.Remove(f.Name())
	return true
}

// connect makes a Store on a path; mode is SQLite's URI parameter. Nothing is opened yet.
func connect(path, mode string) (*Store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if dir, err := os.Stat(filepath.Dir(absolute)); err != nil || !dir.IsDir() {
		return nil, fmt.Errorf("store: %s: there is no directory %s", path, filepath.Dir(absolute))
	}
	slashed := filepath.ToSlash(absolute)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive of Windows
	}
	name := url.URL{Scheme: "file", Path: slashed, RawQuery: fmt.Sprintf(
		// normal: a loss of power may take the last transactions, a kill none, and neither breaks the file.
		"mode=%s&_txlock=immediate&_dqs=0&_pragma=busy_timeout(%d)&_pragma=foreign_keys(1)&_pragma=synchronous(normal)",
		mode, busyTimeout.Milliseconds())}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return &Store{
		path:       path,
		db:         db,
		writing:    make(chan struct{}, 1),
		holds:      map[*Claim]struct{}{},
		leaseFor:   leaseFor,
		renewEvery: renewEvery,
	}, nil
}

// version is the schema version of the file, 0 if it has no tables. That of a file that is not a store, or of a newer
// one, is an error.
func (s *Store) version(ctx context.Context) (int, error) {
	// In one statement, and so at one moment: another process may be making the tables.
	const all = `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id, pragma_user_version`
	var application, version, made int
	if err := s.db.QueryRowContext(ctx, all).Scan(&application, &version, &made); err != nil {
		return 0, err
	}
	switch {
	case made == 0 && application == 0:
		return 0, nil
	case application != applicationID || version < 1:
		return 0, fmt.Errorf("store: %s is a SQLite database of something else (application_id %#x, want %#x)", s.path, application, applicationID)
	case version > schemaVersion:
		return 0, &VersionError{s.path, version, schemaVersion}
	}
	return version, nil
}

// prepare makes the tables that a file lacks: all, or those that are newer than the file.
func (s *Store) prepare(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil || version == schemaVersion {
		return err
	}
	// In this mode of the journal readers do not wait for the writer. It is a property of the file.
	err = whileBusy(ctx, func() error {
		_, err := s.db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
		return err
	})
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		var made int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&made); err != nil || made == schemaVersion {
			return err // another process was first
		}
		statements := []string{
			fmt.Sprintf("PRAGMA application_id = %d", applicationID),
			fmt.Sprintf("PRAGMA user_version = %d", schemaVersion),
		}
		for _, t := range tables {
			if made == 0 || t == deliveries {
				statements = append(statements, t.create())
			}
		}
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}
