package emulator

import (
	"encoding/binary"
	"errors"
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

// logOf returns the bucket of a job's log, made if it is not there.
func logOf(tx *bbolt.Tx, j *job) (*bbolt.Bucket, error) {
	b, err := tx.Bucket(store.Logs).CreateBucketIfNotExists([]byte(j.ID))
	if err == nil {
		b.FillPercent = 1 // events are only ever added at the end
	}
	return b, err
}

// appendEventValue appends what the state keeps of an event of the job's log.
func appendEventValue(dst []byte, j *job, now int64, message string) []byte {
	j.LastEvent = max(j.LastEvent, now)
	return append(binary.BigEndian.AppendUint64(dst, uint64(j.LastEvent)), message...)
}

// putEvent adds an event. value must stay as it is until the transaction ends.
func putEvent(log *bbolt.Bucket, j *job, value []byte) error {
	key := store.Number(uint64(j.Events))
	j.Events++
	return log.Put(key, value)
}

func appendEvent(log *bbolt.Bucket, j *job, now int64, message string) error {
	return putEvent(log, j, appendEventValue(nil, j, now, message))
}

// foreignToGroup is what the name of a log group cannot hold.
var foreignToGroup = wire.Compiled(`[^a-zA-Z0-9_\-/.#]`)

// groupName returns the name of the pool's log group.
func groupName(p *pools.Pool) string {
	return "/aws/cognito/userpools/" + p.Schema.ID + "/" + foreignToGroup().ReplaceAllString(p.Schema.Name, "_")
}

// logStream returns the name of the job's log stream.
func (j *job) logStream() string { return j.ID + "/" + j.Name }

// stream reads the log of a job within one transaction.
type stream struct {
	job   *job
	log   *bbolt.Bucket
	count uint64 // of the events that can be read already
}

// openStream opens the log of a job that has one.
func (s *Server) openStream(tx *bbolt.Tx, j *job) (*stream, error) {
	x := &stream{job: j, log: tx.Bucket(store.Logs).Bucket([]byte(j.ID)), count: uint64(j.Events)}
	if x.log == nil {
		return nil, errors.New("the state is damaged: the log of a job is gone")
	}
	if s.o.LogDelay > 0 {
		x.count = x.firstFrom(s.now().Add(-s.o.LogDelay).UnixMilli() + 1)
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
func streams(tx *bbolt.Tx, pool string) ([]*job, error) {
	var jobs []*job
	err := eachJob(tx, pool, func(j *job) error {
		if j.Events > 0 {
			jobs = append(jobs, j)
		}
		return nil
	})
	sort.SliceStable(jobs, func(a, b int) bool { return jobs[a].Started.Before(jobs[b].Started) })
	return jobs, err
}

// poolOfGroup returns the pool whose log group has the name, nil if there is none.
func (s *Server) poolOfGroup(name string) *pools.Pool {
	for _, p := range s.pools.List() {
		if groupName(p) == name {
			return p
		}
	}
	return nil
}

// groupARN returns the ARN of the pool's log group.
func groupARN(p *pools.Pool) string {
	return "arn:aws:logs:" + p.Region() + ":" + pools.Account + ":log-group:" + groupName(p)
}

// millis returns a time as CloudWatch Logs writes it.
func millis(t time.Time) int64 { return t.UnixMilli() }
