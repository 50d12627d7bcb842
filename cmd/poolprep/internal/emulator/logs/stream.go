package logs

import (
	"encoding/binary"
	"errors"
	"slices"
	"sort"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// event is an event of a job's log.
type event struct {
	number  uint64 // from 0
	time    int64  // milliseconds since 1970, never less than that of the event before
	message string
}

// Job is what its log knows of an import job.
type Job struct {
	ID, Name string
	Number   uint64 // in the order of creation, within the pool
	Started  time.Time
	Events   int64 // of the log
}

// Progress is how far the log of a job is written. The job keeps it.
type Progress struct {
	Events    int64 // of the log
	LastEvent int64 `json:",omitempty"` // its time, in milliseconds since 1970
}

// Open returns the bucket of a job's log, made if it is not there.
func Open(tx *bbolt.Tx, job string) (*bbolt.Bucket, error) {
	b, err := tx.Bucket(store.Logs).CreateBucketIfNotExists([]byte(job))
	if err == nil {
		b.FillPercent = 1 // events are only ever added at the end
	}
	return b, err
}

// Erase removes the log of a job, if it has one.
func Erase(tx *bbolt.Tx, job string) error { return store.Drop(tx.Bucket(store.Logs), job) }

// AppendValue appends what the state keeps of an event of the job's log. now is in milliseconds
// since 1970.
func (p *Progress) AppendValue(dst []byte, now int64, message string) []byte {
	p.LastEvent = max(p.LastEvent, now)
	return append(binary.BigEndian.AppendUint64(dst, uint64(p.LastEvent)), message...)
}

// Put adds an event to the log. value is of AppendValue, and must stay as it is until the
// transaction ends.
func (p *Progress) Put(log *bbolt.Bucket, value []byte) error {
	key := store.Number(uint64(p.Events))
	p.Events++
	return log.Put(key, value)
}

// Add adds an event to the log. now is in milliseconds since 1970.
func (p *Progress) Add(log *bbolt.Bucket, now int64, message string) error {
	return p.Put(log, p.AppendValue(nil, now, message))
}

// foreignToGroup is what the name of a log group cannot hold.
var foreignToGroup = wire.Compiled(`[^a-zA-Z0-9_\-/.#]`)

// GroupName returns the name of the pool's log group.
func GroupName(p *pools.Pool) string {
	return "/aws/cognito/userpools/" + p.Schema.ID + "/" + foreignToGroup().ReplaceAllString(p.Schema.Name, "_")
}

// stream returns the name of the job's log stream.
func (j *Job) stream() string { return j.ID + "/" + j.Name }

// stream reads the log of a job within one transaction.
type stream struct {
	job   *Job
	log   *bbolt.Bucket
	count uint64 // of the events that can be read already
}

// openStream opens the log of a job that has one.
func (s *Service) openStream(tx *bbolt.Tx, j *Job) (*stream, error) {
	x := &stream{job: j, log: tx.Bucket(store.Logs).Bucket([]byte(j.ID)), count: uint64(j.Events)}
	if x.log == nil {
		return nil, errors.New("the state is damaged: the log of a job is gone")
	}
	if s.o.Delay > 0 {
		x.count = x.firstFrom(s.o.Now().Add(-s.o.Delay).UnixMilli() + 1)
	}
	return x, nil
}

// firstFrom returns the number of the first event, of those that can be read,
// whose time is not before ms; count if there is none.
func (x *stream) firstFrom(ms int64) uint64 {
	return uint64(sort.Search(int(x.count), func(i int) bool {
		return int64(store.NumberOf(x.log.Get(store.Number(uint64(i))))) >= ms
	}))
}

// between returns the range of the events from one time to before another, in
// milliseconds; nil is no limit.
func (x *stream) between(from, before *int64) (low, high uint64) {
	high = x.count
	if from != nil {
		low = x.firstFrom(*from)
	}
	if before != nil {
		high = min(high, x.firstFrom(*before))
	}
	return min(low, high), high
}

// event returns an event. Its message is a copy.
func (x *stream) event(n uint64) event {
	v := x.log.Get(store.Number(n))
	if len(v) < 8 {
		return event{number: n}
	}
	return event{n, int64(store.NumberOf(v)), string(v[8:])}
}

// streams returns the jobs of a pool that have a log, in the order in which
// they ran. Only one runs at a time, so all their events together are in the
// order of time.
func (s *Service) streams(tx *bbolt.Tx, pool string) ([]*Job, error) {
	jobs, err := s.o.Jobs(tx, pool)
	jobs = slices.DeleteFunc(jobs, func(j *Job) bool { return j.Events == 0 })
	sort.SliceStable(jobs, func(a, b int) bool { return jobs[a].Started.Before(jobs[b].Started) })
	return jobs, err
}

// poolOfGroup returns the pool whose log group has the name, nil if there is none.
func (s *Service) poolOfGroup(name string) *pools.Pool {
	for _, p := range s.o.Pools.List() {
		if GroupName(p) == name {
			return p
		}
	}
	return nil
}

// GroupARN returns the ARN of the pool's log group.
func GroupARN(p *pools.Pool) string {
	return "arn:aws:logs:" + p.Region() + ":" + pools.Account + ":log-group:" + GroupName(p)
}

// millis returns a time as CloudWatch Logs writes it.
func millis(t time.Time) int64 { return t.UnixMilli() }
