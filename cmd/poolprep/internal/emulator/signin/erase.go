package signin

import (
	"errors"

	"go.etcd.io/bbolt"
)

// ErasePool removes what sign-in keeps of a pool: its clients, its key, and the sessions and
// codes of its users. A Service that has signed tokens of the pool may still hold its key.
func ErasePool(tx *bbolt.Tx, pool string) error {
	var clients []string
	err := eachClient(tx, pool, func(c *Client) bool {
		clients = append(clients, c.ClientID)
		return true
	})
	for _, id := range clients {
		err = errors.Join(err, tx.Bucket(clientsBucket).Delete([]byte(id)))
	}
	if users := tx.Bucket(usersBucket); users.Bucket([]byte(pool)) != nil {
		err = errors.Join(err, users.DeleteBucket([]byte(pool)))
	}
	return errors.Join(err, tx.Bucket(keysBucket).Delete([]byte(pool)))
}
