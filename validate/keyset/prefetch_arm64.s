//go:build arm64 && !noasm

#include "textflag.h"

// func prefetch(blocks []block, keys []Key)
TEXT ·prefetch(SB), NOSPLIT, $0-48
	MOVD blocks_base+0(FP), R0
	MOVD blocks_len+8(FP), R1
	MOVD keys_base+24(FP), R2
	MOVD keys_len+32(FP), R3

next:
	MOVD.P 16(R2), R4       // Hi
	UMULH  R1, R4, R4       // the number of the block
	ADD    R4<<6, R0, R4
	PRFM   (R4), PLDL1KEEP
	SUBS   $1, R3, R3
	BNE    next
	RET
