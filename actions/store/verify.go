package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

// The format of a bbolt file: pages of one size, of which the first two hold the
// root of the last transactions and the others the nodes of a tree and the list
// of free pages. Numbers are little endian, as on every machine that bbolt is
// used on here.
const (
	pageHeader   = 16 // id, kind, count, overflow
	elementSize  = 16 // position and sizes of a key, with a page or a value
	bucketHeader = 16 // root page, sequence
	metaSize     = 64 // of which the last 8 bytes are its checksum
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	kindBranch   = 0x01
	kindLeaf     = 0x02
	kindFreelist = 0x10
	isBucket     = 1
	longFreelist = 0xFFFF // count of a free list whose length comes first
	maxDepth     = 64     // of a tree; a million entries take three levels
)

var order = binary.LittleEndian

// verification follows all pages of a file, each of which must be used once.
type verification struct {
	f        *os.File
	pageSize uint64
	pages    uint64 // the number of pages in use or free
	used     []bool
	depth    int
}

// page is one page, with those that it runs over into.
type page struct {
	kind, count uint16
	data        []byte
}

// verify reads a whole file and reports what bbolt, or a later reader of the
// store, would stumble over. An empty file is a new one.
func verify(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	m, ok := newestMeta(f)
	if !ok {
		return fmt.Errorf("%w: it begins as no store does", errDamaged)
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

// all follows the tree of buckets and the free pages.
func (v *verification) all(m meta) error {
	_, err := v.tree(m.root, nil, nil, func(key, value []byte, flags uint32) error {
		if flags != isBucket {
			return fmt.Errorf("%q is no bucket", key)
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

// bucket verifies one bucket, whose value is its root page and the number of its
// last entry; the page of a small one follows in the value itself.
func (v *verification) bucket(name, value []byte) error {
	numbered, known := buckets[string(name)]
	if !known || len(value) < bucketHeader {
		return fmt.Errorf("%q is no bucket of a store", name)
	}
	entry := func(key, value []byte, flags uint32) error {
		if _, err := unseal(key, value); err != nil || flags != 0 {
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
		return fmt.Errorf("bucket %s: its last entry has the number %d, it counts %d", name, want, last)
	}
	return nil
}

// seqOf is the number of a journal key, 0 for none.
func seqOf(key []byte) uint64 {
	if len(key) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

// free marks the pages of the list of free pages.
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
		return fmt.Errorf("page %d is no list of %d free pages", list, count)
	}
	for i := range count {
		if err := v.mark(order.Uint64(ids[8*i:]), 1); err != nil {
			return err
		}
	}
	return nil
}

// mark notes that n pages from id on are used, or free: once.
func (v *verification) mark(id, n uint64) error {
	if id >= v.pages || n > v.pages-id {
		return fmt.Errorf("page %d, of %d, is beyond the last, %d", id, n, v.pages)
	}
	for i := id; i < id+n; i++ {
		if v.used[i] {
			return fmt.Errorf("page %d is used twice", i)
		}
		v.used[i] = true
	}
	return nil
}

// read reads a page with those that it runs over into.
func (v *verification) read(id uint64) (page, error) {
	if id >= v.pages {
		return page{}, fmt.Errorf("page %d is beyond the last, %d", id, v.pages)
	}
	header := make([]byte, pageHeader)
	if _, err := v.f.ReadAt(header, int64(id*v.pageSize)); err != nil {
		return page{}, err
	}
	n := uint64(order.Uint32(header[12:])) + 1
	if order.Uint64(header) != id {
		return page{}, fmt.Errorf("page %d says that it is page %d", id, order.Uint64(header))
	}
	if err := v.mark(id, n); err != nil {
		return page{}, err
	}
	p := page{kind: order.Uint16(header[8:]), count: order.Uint16(header[10:]), data: make([]byte, n*v.pageSize)}
	_, err := v.f.ReadAt(p.data, int64(id*v.pageSize))
	return p, err
}

// within reports whether a key is at least low and below high; nil is no bound.
func within(key, low, high []byte) bool {
	return (low == nil || bytes.Compare(key, low) >= 0) && (high == nil || bytes.Compare(key, high) < 0)
}
