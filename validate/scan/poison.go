package scan

// poison is what released buffers are overwritten with, 0 if they are not. It is no text.
var poison byte

// PoisonBlocks is for tests: from now on the buffer of a block is overwritten once its
// commit has returned, and that of a Reader before it reads on, so that whoever keeps
// what was lent finds something else there. To be called while nothing is read.
func PoisonBlocks() { poison = 0xDB }

// release ends the use of what lies in the block's buffer.
func (b *Block) release() {
	if poison == 0 {
		return
	}
	padded := b.Data[:cap(b.Data)]
	for i := range padded {
		padded[i] = poison
	}
}
