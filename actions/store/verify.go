package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/bbb-scaler/bbb-scaler/actions/store/internal/seal"
)

// The format of a bbolt file. All pages have the same size. The first two hold the
// roots of the last two transactions; the others hold the nodes of a tree and the list
// of free pages. Numbers have the byte order of the machine, which is little-endian on
// all supported platforms.
const (
	pageHeader   = 16 // bytes: id, kind, count, overflow
	elementSize  = 16 // bytes: position and size of a key, and its page or value
	bucketHeader = 16 // bytes: root page, sequence
	metaSize     = 64 // bytes, of which the last 8 are the checksum
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	kindBranch   = 0x01
	kindLeaf     = 0x02
	kindFreelist = 0x10
	isBucket     = 1
	longFreelist = 0xFFFF // count of a free list whose length is in its first 8 bytes
	maxDepth     = 64     // of a tree; a million entries need three levels
)

// order is the byte order of the file.
var order = binary.LittleEndian

// verification checks that every page of a file is used exactly once.
type verification struct {
	f        *os.File
	pageSize uint64
	pages    uint64 // number of pages, used or free
	used     []bool // by page
	depth    int    // of the present page in its tree
}

// page is one page with its overflow pages.
type page struct {
	kind, count uint16
	data        []byte
}

// verify reads a whole file and returns an error that matches errDamaged if bbolt or
// Load could not read it safely. An empty file is valid: it is a new store.
func verify(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	m, ok := newestMeta(f)
	if !ok {
		return fmt.Errorf("%w: its first two pages are not those of a store", errDamaged)
	}
	if m.pages > uint64(info.Size())/m.pageSize || m.pages < 4 {
		return fmt.Errorf("%w: it has %d bytes, and should have %d pages of %d bytes", errDamaged, info.Size(), m.pages, m.pageSize)
	}
	v := &verification{f: f, pageSize: m.pageSize, pages: m.pages, used: make([]bool, m.pages)}
	v.used[0], v.used[1] = true, true
	if err := v.all(m); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}

// all checks the tree of buckets, the list of free pages, and that no page is missing
// in both.
func (v *verification) all(m meta) error {
	_, err := v.tree(m.root, nil, nil, func(key, value []byte, flags uint32) error {
		if flags != isBucket {
			return fmt.Errorf("%q is not a bucket", key)
		}
		return v.bucket(key, value)
	})
	if err != nil {
		return err
	}
	if err := v.free(m.freelist); err != nil {
		return err
	}
	for id, used := range v.used {
		if !used {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	return nil
}

// bucket checks one bucket. Its value holds the root page and the number of the last
// entry. A root page of 0 means that the only page follows in the value itself.
func (v *verification) bucket(name, value []byte) error {
	numbered, known := buckets[string(name)]
	if !known || len(value) < bucketHeader {
		return fmt.Errorf("%q is not a bucket of a store", name)
	}
	entry := func(key, value []byte, flags uint32) error {
		if _, err := seal.Unseal(key, value); err != nil || flags != 0 {
			return fmt.Errorf("bucket %s, entry %q: its checksum differs", name, key)
		}
		return nil
	}
	root, last := order.Uint64(value), order.Uint64(value[8:])
	var lastKey []byte
	var err error
	if root == 0 {
		lastKey, err = v.inline(value[bucketHeader:], entry)
	} else {
		lastKey, err = v.tree(root, nil, nil, entry)
	}
	if err != nil {
		return err
	}
	if want := seqOf(lastKey); numbered && last != want || !numbered && last != 0 {
		return fmt.Errorf("bucket %s: its last entry has the number %d, but its counter is %d", name, want, last)
	}
	return nil
}

// seqOf returns the number in a journal key, or 0 if there is no key.
func seqOf(key []byte) uint64 {
	if len(key) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

// free marks the page with the list of free pages, and the pages on it.
func (v *verification) free(list uint64) error {
	p, err := v.read(list)
	if err != nil {
		return err
	}
	count, ids := uint64(p.count), p.data[pageHeader:]
	if count == longFreelist {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if p.kind != kindFreelist || count > uint64(len(ids))/8 {
		return fmt.Errorf("page %d is not a list of %d free pages", list, count)
	}
	for i := range count {
		if err := v.mark(order.Uint64(ids[8*i:]), 1); err != nil {
			return err
		}
	}
	return nil
}

// mark marks n pages from id on as used or free. It returns an error if one is already
// marked or does not exist.
func (v *verification) mark(id, n uint64) error {
	if id >= v.pages || n > v.pages-id {
		return fmt.Errorf("%d pages from page %d on are beyond the end: the file has %d", n, id, v.pages)
	}
	for i := id; i < id+n; i++ {
		if v.used[i] {
			return fmt.Errorf("page %d is used twice", i)
		}
		v.used[i] = true
	}
	return nil
}

// read reads a page with its overflow pages, and marks them.
func (v *verification) read(id uint64) (page, error) {
	if id >= v.pages {
		return page{}, fmt.Errorf("page %d is beyond the end: the file has %d", id, v.pages)
	}
	header := make([]byte, pageHeader)
	if _, err := v.f.ReadAt(header, int64(id*v.pageSize)); err != nil {
		return page{}, err
	}
	n := uint64(order.Uint32(header[12:])) + 1
	if order.Uint64(header) != id {
		return page{}, fmt.Errorf("page %d has the id %d", id, order.Uint64(header))
	}
	if err := v.mark(id, n); err != nil {
		return page{}, err
	}
	p := page{kind: order.Uint16(header[8:]), count: order.Uint16(header[10:]), data: make([]byte, n*v.pageSize)}
	_, err := v.f.ReadAt(p.data, int64(id*v.pageSize))
	return p, err
}

// within reports whether a key is at least low and below high. nil is no limit.
func within(key, low, high []byte) bool {
	return (low == nil || bytes.Compare(key, low) >= 0) && (high == nil || bytes.Compare(key, high) < 0)
}
