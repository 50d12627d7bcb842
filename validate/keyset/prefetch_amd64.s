//go:build amd64 && !noasm

#include "textflag.h"

// func prefetch(blocks []block, keys []Key)
TEXT ·prefetch(SB), NOSPLIT, $0-48
	MOVQ blocks_base+0(FP), DI
	MOVQ blocks_len+8(FP), R8
	MOVQ keys_base+24(FP), SI
	MOVQ keys_len+32(FP), CX

next:
	MOVQ       (SI), AX    // Hi
	MULQ       R8          // DX: the number of the block
	SHLQ       $6, DX
	PREFETCHT0 (DI)(DX*1)
	ADDQ       $16, SI
	DECQ       CX
	JNZ        next
	RET
