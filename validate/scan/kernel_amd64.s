//go:build amd64 && !noasm

#include "go_asm.h"
#include "textflag.h"

// The routines are explained in docs/kernel.md.

// NUMBERS writes sixteen of the numbers in Z10 as offsets.
#define NUMBERS(part, at) \
	VEXTRACTI32X4 part, Z10, X11 \
	VPMOVZXBD X11, Z11 \
	VPADDD Z24, Z11, Z11 \
	VMOVDQU32 Z11, at(DI)(R8*4)

// func indexAVX512(f *indexer, data *byte, pieces int, base uint32, w *words)
//
//	BX f, DX data, DI w at the piece, SI where DI stops
TEXT ·indexAVX512(SB), NOSPLIT, $32-40
	MOVQ f+0(FP), BX
	MOVQ data+8(FP), DX
	MOVQ w+32(FP), DI
	MOVQ pieces+16(FP), SI
	LEAQ (DI)(SI*8), SI
	MOVL base+24(FP), R12 // a word of doubles is as far from w's as the first ones are
	SHRL $3, R12
	ADDQ indexer_doubles(BX), R12
	SUBQ DI, R12
	MOVQ R12, doubles-32(SP)
	VPBROADCASTB indexer_delimiter(BX), Z16
	VPBROADCASTB indexer_end(BX), Z17
	VPBROADCASTB indexer_special(BX), Z18
	CMPQ indexer_structureOnly(BX), $0
	JNE  bare

	// What each byte is. Z26 or of all bytes; the least difference from a backslash
	// Z27, from an end byte Z29, from the special byte Z30, from 0x7F Z31.
	MOVL $0x20, AX
	VPBROADCASTB AX, Z19
	MOVL $0x7F, AX
	VPBROADCASTB AX, Z20
	MOVL $0x5C, AX
	VPBROADCASTB AX, Z21
	VPXORQ Z26, Z26, Z26
	VPTERNLOGQ $0xFF, Z27, Z27, Z27
	VMOVDQA64 Z27, Z28 // -1 for every byte
	VMOVDQA64 Z27, Z29
	VMOVDQA64 Z27, Z30
	VMOVDQA64 Z27, Z31

compare:
	VMOVDQU64 (DX), Z0
	VPXORQ Z18, Z0, Z3
	VPXORQ Z17, Z0, Z1
	VPCMPEQB Z16, Z0, K1
	VPTESTNMB Z1, Z1, K2
	VPTESTNMB Z3, Z3, K3
	VPCMPEQB Z19, Z0, K4
	KMOVQ K1, words_delimiters(DI)
	KMOVQ K2, words_ends(DI)
	KMOVQ K3, words_specials(DI)
	KMOVQ K4, words_spaces(DI)

	// That from an end byte, less 1, is below 0x1F for control characters, and
	// 0xFF for itself.
	VPMINUB Z3, Z30, Z30
	VPADDB  Z28, Z1, Z1
	VPMINUB Z1, Z29, Z29
	VPXORQ  Z20, Z0, Z4
	VPMINUB Z4, Z31, Z31
	VPXORQ  Z21, Z0, Z5
	VPMINUB Z5, Z27, Z27
	VPORQ   Z0, Z26, Z26
	ADDQ $64, DX
	ADDQ $8, DI
	CMPQ DI, SI
	JB   compare

	VPMOVB2M Z26, K1
	KMOVQ K1, AX
	ORQ  AX, indexer_highs(BX)
	VPTESTNMB Z27, Z27, K1
	KMOVQ K1, AX
	ORQ  AX, indexer_slashes(BX)
	VPTESTNMB Z30, Z30, K1
	KMOVQ K1, AX
	ORQ  AX, indexer_specials(BX)
	MOVL $0x1F, AX
	VPBROADCASTB AX, Z0
	VPCMPUB $1, Z0, Z29, K1
	VPTESTNMB Z31, Z31, K2
	KORQ K1, K2, K1
	KMOVQ K1, AX
	ORQ  AX, indexer_controls(BX)
	JMP  compared

bare:
	VMOVDQU64 (DX), Z0
	VPCMPEQB Z16, Z0, K1
	VPCMPEQB Z17, Z0, K2
	VPCMPEQB Z18, Z0, K3
	KMOVQ K1, words_delimiters(DI)
	KMOVQ K2, words_ends(DI)
	KMOVQ K3, words_specials(DI)
	ADDQ $64, DX
	ADDQ $8, DI
	CMPQ DI, SI
	JB   bare
	MOVQ $1, indexer_controls(BX) // there may be some

compared:
	VPBROADCASTQ indexer_quoting(BX), Z1
	VPTERNLOGQ $0xFF, Z2, Z2, Z2
	MOVQ indexer_closedCR(BX), AX
	ORQ  indexer_escaping(BX), AX
	JNZ  pieceByPiece

	// The structure, and the proof of it, eight pieces at a time: see indexer.piece.
	// What comes before a piece, at its first bit, is shifted in from the piece
	// before. Behind the last piece there are zeros.
	MOVQ w+32(FP), DI
	MOVQ pieces+16(FP), CX
	ANDQ $7, CX
	JZ   whole8
	MOVL $0xFF, AX
	SHLQ CX, AX
	KMOVQ AX, K1
	VPXORQ Z0, Z0, Z0
	MOVQ SI, DX
	SUBQ DI, DX
	ANDQ $~63, DX
	VMOVDQU64 Z0, K1, words_delimiters(DI)(DX*1)
	VMOVDQU64 Z0, K1, words_ends(DI)(DX*1)
	VMOVDQU64 Z0, K1, words_specials(DI)(DX*1)
	VMOVDQU64 Z0, K1, words_spaces(DI)(DX*1)

whole8:
	// Z8, Z9, Z10, Z11 of the pieces before: outside or closing, closing, starts, spaces.
	// Z12 broken, Z13 inner, Z14 rest, Z15 doubled, Z16 spaces. R10 f.inside.
	MOVQ indexer_mayOpen(BX), AX
	SHLQ $63, AX
	VPBROADCASTQ AX, Z8
	MOVQ indexer_closed(BX), AX
	SHLQ $63, AX
	VPBROADCASTQ AX, Z9
	MOVQ indexer_edge(BX), AX
	SHLQ $63, AX
	VPBROADCASTQ AX, Z10
	MOVQ indexer_space(BX), AX
	SHLQ $62, AX
	VPBROADCASTQ AX, Z11
	VPXORQ Z12, Z12, Z12
	VMOVDQA64 Z12, Z13
	VMOVDQA64 Z12, Z14
	VMOVDQA64 Z12, Z15
	VMOVDQA64 Z12, Z16
	MOVQ indexer_inside(BX), R10
	MOVQ indexer_structureOnly(BX), R11
	MOVQ doubles-32(SP), R12

prove8:
	// Z0 quotes, Z3 within: the exclusive or of all quotes up to a byte, inverted
	// where a piece starts within quotes.
	VPANDQ words_specials(DI), Z1, Z0
	VPCLMULQDQ $0x00, Z2, Z0, Z3
	VPCLMULQDQ $0x01, Z2, Z0, Z4
	VPUNPCKLQDQ Z4, Z3, Z3
	VPMOVQ2M Z3, K1
	KMOVB K1, AX
	LEAQ (AX)(AX*1), CX
	XORQ CX, AX
	LEAQ (AX*4), CX
	XORQ CX, AX
	MOVQ AX, CX
	SHLQ $4, CX
	XORQ CX, AX
	LEAQ (AX)(AX*1), CX
	XORQ R10, CX
	KMOVB CX, K1
	SHLQ $56, AX
	SARQ $63, AX
	XORQ AX, R10
	VPXORQ Z2, Z3, K1, Z3

	// Z4 outside.
	VMOVDQU64 words_ends(DI), Z5
	VPORQ words_delimiters(DI), Z5, Z4
	VPANDNQ Z4, Z3, Z4
	VPTERNLOGQ $0xF4, Z4, Z5, Z13
	VPANDQ Z4, Z5, Z5
	VMOVDQU64 Z4, words_structure(DI)
	VMOVDQU64 Z5, words_records(DI)

	// Z3 opening: it must stand where a quote may open.
	VPANDNQ Z0, Z3, Z5
	VPANDQ Z0, Z3, Z3
	VPORQ Z4, Z5, Z6
	VALIGNQ $7, Z8, Z6, Z7
	VMOVDQA64 Z6, Z8
	VPSHLDQ $1, Z7, Z6, Z6
	VPTERNLOGQ $0xF4, Z6, Z3, Z12

	// Z5 the places after closing quotes, Z6 those without a quote.
	VALIGNQ $7, Z9, Z5, Z7
	VMOVDQA64 Z5, Z9
	VPSHLDQ $1, Z7, Z5, Z5
	VPANDNQ Z5, Z0, Z6
	VPTERNLOGQ $0xF4, Z4, Z6, Z14
	TESTQ R11, R11
	JNZ  proved8

	// Z7 doubled quotes; then the places where values start, Z3 spaces.
	VPANDQ Z0, Z5, Z7
	VPORQ  Z7, Z15, Z15
	VMOVDQU64 Z7, (R12)(DI*1)
	VMOVDQA64 Z4, Z7
	VPTERNLOGQ $0xF4, Z5, Z3, Z7
	VALIGNQ $7, Z10, Z7, Z3
	VMOVDQA64 Z7, Z10
	VPSHLDQ $1, Z3, Z7, Z7
	VMOVDQU64 words_spaces(DI), Z3
	VPTERNLOGQ $0xF8, Z3, Z7, Z16
	VALIGNQ $7, Z11, Z3, Z7
	VMOVDQA64 Z3, Z11
	VPSHLDQ $1, Z7, Z3, Z0
	VPTERNLOGQ $0xF8, Z0, Z4, Z16
	VPSHLDQ $2, Z7, Z3, Z0
	VPTERNLOGQ $0xF8, Z0, Z6, Z16

proved8:
	ADDQ $64, DI
	CMPQ DI, SI
	JB   prove8

	// Something else after a closing quote is rare, and seen to one piece at a time.
	VPTESTMQ Z14, Z14, K1
	KORTESTB K1, K1
	JNZ  pieceByPiece

	VPTESTMQ Z12, Z12, K1
	KMOVB K1, AX
	ORQ  AX, indexer_broken(BX)
	VPTESTMQ Z13, Z13, K1
	KMOVB K1, AX
	ORQ  AX, indexer_inner(BX)
	VPTESTMQ Z15, Z15, K1
	KMOVB K1, AX
	ORQ  AX, indexer_doubled(BX)
	VPTESTMQ Z16, Z16, K1
	KMOVB K1, AX
	ORQ  AX, indexer_spaces(BX)
	MOVQ R10, indexer_inside(BX)

	// The last piece is before the next.
	MOVQ w+32(FP), DI
	VMOVDQU64 Z8, words_within+0(DI)
	VMOVDQU64 Z9, words_within+64(DI)
	VMOVDQU64 Z10, words_within+128(DI)
	VMOVDQU64 Z11, words_within+192(DI)
	MOVQ pieces+16(FP), CX
	DECQ CX
	ANDQ $7, CX
	MOVQ words_within+0(DI)(CX*8), AX
	SHRQ $63, AX
	MOVQ AX, indexer_mayOpen(BX)
	MOVQ words_within+64(DI)(CX*8), AX
	SHRQ $63, AX
	MOVQ AX, indexer_closed(BX)
	TESTQ R11, R11
	JNZ  offsets
	MOVQ words_within+128(DI)(CX*8), AX
	SHRQ $63, AX
	MOVQ AX, indexer_edge(BX)
	MOVQ words_within+192(DI)(CX*8), AX
	SHRQ $62, AX
	MOVQ AX, indexer_space(BX)
	JMP  offsets

pieceByPiece:
	// The exclusive or of all quotes up to a byte, for eight pieces at a time: up to
	// seven more than there are.
	MOVQ w+32(FP), DI

parity:
	VPANDQ words_specials(DI), Z1, Z0
	VPCLMULQDQ $0x00, Z2, Z0, Z3
	VPCLMULQDQ $0x01, Z2, Z0, Z4
	VPUNPCKLQDQ Z4, Z3, Z0
	VMOVDQU64 Z0, words_within(DI)
	ADDQ $64, DI
	CMPQ DI, SI
	JB   parity

	// The structure, and the proof of it.
	//	R8 f.inner, R9 f.space, R10 f.inside, R11 f.mayOpen, R12 f.closed
	MOVQ data+8(FP), DX
	MOVQ w+32(FP), DI
	MOVQ indexer_inner(BX), R8
	MOVQ indexer_space(BX), R9
	MOVQ indexer_inside(BX), R10
	MOVQ indexer_mayOpen(BX), R11
	MOVQ indexer_closed(BX), R12

prove:
	// AX delimiters, CX end bytes, R13 specials, BP quotes, R15 within.
	MOVQ words_delimiters(DI), AX
	MOVQ words_ends(DI), CX
	MOVQ words_specials(DI), R13
	MOVQ words_within(DI), R15
	MOVQ R13, BP
	ANDQ indexer_quoting(BX), BP
	XORQ R10, R15
	MOVQ R15, R10
	SARQ $63, R10
	CMPQ indexer_escaping(BX), $0
	JNE  escapes

structure:
	// AX outside, CX the record ends among them.
	ORQ   CX, AX
	ANDNQ AX, R15, AX
	ANDNQ CX, AX, R14
	ORQ   R14, R8
	ANDQ  AX, CX
	MOVQ  AX, words_structure(DI)
	MOVQ  CX, words_records(DI)

	// R13 closing, R15 opening: it must stand where a quote may open.
	ANDNQ BP, R15, R13
	ANDQ  BP, R15
	MOVQ  AX, R14
	ORQ   R13, R14
	LEAQ  (R11)(R14*2), R11
	ANDNQ R15, R11, R11
	ORQ   R11, indexer_broken(BX)
	MOVQ  R14, R11
	SHRQ  $63, R11

	// R12 the places after closing quotes: a quote there makes a doubled one,
	// BP is without these. R15 the last places before values.
	LEAQ  (R12)(R13*2), R12
	ANDNQ R15, R12, R15
	ORQ   AX, R15
	ANDNQ R12, BP, BP
	ANDNQ BP, AX, R14
	ORQ   indexer_closedCR(BX), R14
	JNZ   afterQuote

spaces:
	SHRQ $63, R13
	CMPQ indexer_structureOnly(BX), $0
	JNE  proven
	XORQ BP, R12
	ORQ  R12, indexer_doubled(BX)
	MOVQ doubles-32(SP), R14
	MOVQ R12, (R14)(DI*1)
	MOVQ words_spaces(DI), R12
	MOVQ indexer_edge(BX), R14
	LEAQ (R14)(R15*2), R14
	ANDQ R12, R14
	SHRQ $63, R15
	MOVQ R15, indexer_edge(BX)
	LEAQ (R9)(R12*4), R15
	ANDQ BP, R15
	ORQ  R15, R14
	SHRQ $1, R9
	LEAQ (R9)(R12*2), R9
	ANDQ AX, R9
	ORQ  R9, R14
	ORQ  R14, indexer_spaces(BX)
	MOVQ R12, R9
	SHRQ $62, R9

proven:
	MOVQ R13, R12
	ADDQ $64, DX
	ADDQ $8, DI
	CMPQ DI, SI
	JB   prove

	MOVQ R8, indexer_inner(BX)
	MOVQ R9, indexer_space(BX)
	MOVQ R10, indexer_inside(BX)
	MOVQ R11, indexer_mayOpen(BX)
	MOVQ R12, indexer_closed(BX)

offsets:
	// The offsets.
	//	R11 f.ends, R12 the next of records, R8 f.n, DX w at the piece
	//	Z23 the numbers 0..63, Z24 offset of the piece
	MOVL base+24(FP), AX
	VPBROADCASTD AX, Z24
	VMOVDQU64 numbers<>(SB), Z23
	MOVL $64, AX
	VPBROADCASTD AX, Z25
	MOVQ w+32(FP), DX
	MOVQ indexer_ends(BX), DI
	MOVQ indexer_n(BX), R8
	MOVQ indexer_r(BX), AX
	MOVQ indexer_records(BX), R12
	LEAQ (R12)(AX*4), R12

emit:
	// The numbers of the bits, sixteen at a time.
	MOVQ words_structure(DX), AX
	MOVQ words_records(DX), CX
	KMOVQ words_structure(DX), K1
	VPCOMPRESSB.Z Z23, K1, Z10
	VPMOVZXBD X10, Z11
	VPADDD Z24, Z11, Z11
	VMOVDQU32 Z11, (DI)(R8*4)
	POPCNTQ AX, R13
	CMPQ R13, $16
	JHI  manyEnds

records:
	TZCNTQ CX, R14
	BZHIQ  R14, AX, R14
	POPCNTQ R14, R14
	ADDQ R8, R14
	MOVL R14, (R12)
	POPCNTQ CX, R14
	CMPQ R14, $1
	JHI  manyRecords
	LEAQ (R12)(R14*4), R12

next:
	ADDQ R13, R8
	VPADDD Z25, Z24, Z24
	ADDQ $8, DX
	CMPQ DX, SI
	JB   emit

	MOVQ R8, indexer_n(BX)
	SUBQ indexer_records(BX), R12
	SHRQ $2, R12
	MOVQ R12, indexer_r(BX)
	VZEROUPPER
	RET

escapes:
	// A delimiter after an escape is none. There are no quotes.
	MOVQ  indexer_escaped(BX), R14
	LEAQ  (R14)(R13*2), R14
	SHRQ  $63, R13
	MOVQ  R13, indexer_escaped(BX)
	ANDNQ AX, R14, AX
	JMP   structure

afterQuote:
	// What is in BP but neither a delimiter nor a record end must be a CR, R13.
	MOVQ  R15, starts-16(SP)
	MOVQ  R13, closed-24(SP)
	ANDNQ BP, AX, R14
	MOVL  $0x0D, R13
	VPBROADCASTB R13, Z22
	VPCMPEQB (DX), Z22, K6
	KMOVQ K6, R13
	ANDQ  R14, R13
	ANDNQ R14, R13, R14
	ORQ   R14, indexer_broken(BX)
	MOVQ  indexer_closedCR(BX), R14
	LEAQ  (R14)(R13*2), R14
	ANDNQ R14, CX, R14
	ORQ   R14, indexer_broken(BX)
	SHRQ  $63, R13
	MOVQ  R13, indexer_closedCR(BX)
	MOVQ  starts-16(SP), R15
	MOVQ  closed-24(SP), R13
	JMP   spaces

manyEnds:
	NUMBERS($1, 64)
	NUMBERS($2, 128)
	NUMBERS($3, 192)
	JMP  records

manyRecords:
	TZCNTQ CX, R14
	BZHIQ  R14, AX, R14
	POPCNTQ R14, R14
	ADDQ R8, R14
	MOVL R14, (R12)
	ADDQ $4, R12
	BLSRQ CX, CX
	JNZ  manyRecords
	JMP  next

// func placesAVX512(dst *uint32, data *byte, n int, base uint32, c byte) int
TEXT ·placesAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ data+8(FP), DX
	MOVQ n+16(FP), CX
	MOVL base+24(FP), AX
	VPBROADCASTD AX, Z24
	VPBROADCASTB c+28(FP), Z16
	VMOVDQU64 numbers<>(SB), Z23
	MOVL $64, AX
	VPBROADCASTD AX, Z25
	XORQ R8, R8

piece5:
	VPCMPEQB (DX), Z16, K1
	KMOVQ K1, AX
	CMPQ CX, $64
	JAE  whole
	BZHIQ CX, AX, AX
	KMOVQ AX, K1

whole:
	VPCOMPRESSB.Z Z23, K1, Z10
	VPMOVZXBD X10, Z11
	VPADDD Z24, Z11, Z11
	VMOVDQU32 Z11, (DI)(R8*4)
	POPCNTQ AX, AX
	CMPQ AX, $16
	JHI  manyPlaces

placed:
	ADDQ AX, R8
	VPADDD Z25, Z24, Z24
	ADDQ $64, DX
	SUBQ $64, CX
	JG   piece5
	MOVQ R8, ret+32(FP)
	VZEROUPPER
	RET

manyPlaces:
	NUMBERS($1, 64)
	NUMBERS($2, 128)
	NUMBERS($3, 192)
	JMP  placed

// func unquoteAVX512(dst *byte, n int, data *byte, size int, ends *uint32, quote byte) (newN, records int)
//
//	DI dst, R8 n, DX data, CX size left, SI the next of ends
//	R9 all ones within quotes, R10 what to keep, R11 where to stop for an escape or record end
TEXT ·unquoteAVX512(SB), NOSPLIT, $0-64
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), R8
	MOVQ data+16(FP), DX
	MOVQ size+24(FP), CX
	MOVQ ends+32(FP), SI
	VPBROADCASTB quote+40(FP), Z16
	MOVL $0x2C, AX
	VPBROADCASTB AX, Z17
	MOVL $0x0A, AX
	VPBROADCASTB AX, Z18
	VPCMPEQB X9, X9, X9
	XORQ R9, R9

piece6:
	VMOVDQU64 (DX), Z0
	VPCMPEQB Z16, Z0, K1
	VPCMPEQB Z17, Z0, K2
	VPCMPEQB Z18, Z0, K3
	KMOVQ K1, AX
	KMOVQ K2, R11
	KMOVQ K3, R12
	VMOVQ AX, X8
	VPCLMULQDQ $0, X9, X8, X8
	VMOVQ X8, R13
	XORQ R9, R13
	MOVQ R13, R9
	SARQ $63, R9
	MOVQ AX, R10
	NOTQ R10
	ANDQ R13, R11
	ANDNQ R12, R13, R12
	CMPQ CX, $64
	JB   lastPiece

lines:
	TESTQ R11, R11
	JNZ  escaped

	// Where records end: all that is kept up to there.
	TZCNTQ R12, BX
	INCQ BX
	BZHIQ BX, R10, R13
	POPCNTQ R13, R13
	ADDQ R8, R13
	MOVL R13, (SI)
	POPCNTQ R12, R13
	CMPQ R13, $1
	JHI  escaped
	LEAQ (SI)(R13*4), SI

keep:
	KMOVQ R10, K1
	VPCOMPRESSB.Z Z0, K1, Z1
	VMOVDQU64 Z1, (DI)(R8*1)
	POPCNTQ R10, R10
	ADDQ R10, R8
	ADDQ $64, DX
	SUBQ $64, CX
	JG   piece6
	MOVQ R8, newN+48(FP)
	SUBQ ends+32(FP), SI
	SHRQ $2, SI
	MOVQ SI, records+56(FP)
	VZEROUPPER
	RET

escaped:
	// There is a backslash to put in, or more than one record ends: one by one.
	ORQ R12, R11
	JMP event

lastPiece:
	BZHIQ CX, R10, R10
	BZHIQ CX, R11, R11
	BZHIQ CX, R12, R12
	JMP  lines

event:
	// R13 the bytes before it, and the byte itself if it is a line end.
	MOVQ R12, R13
	TZCNTQ R11, BX
	SHRXQ BX, R13, R13
	ANDQ $1, R13
	ADDQ BX, R13
	BZHIQ R13, R10, R14
	ANDNQ R10, R14, R10
	KMOVQ R14, K1
	VPCOMPRESSB.Z Z0, K1, Z1
	VMOVDQU64 Z1, (DI)(R8*1)
	POPCNTQ R14, R14
	ADDQ R14, R8
	BLSRQ R11, R11
	CMPQ R13, BX
	JNE  lineEnd
	MOVB $0x5C, (DI)(R8*1)
	INCQ R8
	TESTQ R11, R11
	JNZ  event
	JMP  keep

lineEnd:
	MOVL R8, (SI)
	ADDQ $4, SI
	TESTQ R11, R11
	JNZ  event
	JMP  keep

// func undoubleAVX512(dst *byte, data *byte, doubles *uint64, pieces int, first, last uint64) (n int)
//
//	DI dst, DX data, SI doubles, CX pieces left, R9 what to keep
TEXT ·undoubleAVX512(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ data+8(FP), DX
	MOVQ doubles+16(FP), SI
	MOVQ pieces+24(FP), CX
	MOVQ first+32(FP), R9

undouble:
	CMPQ CX, $1
	JNE  keepPiece
	ANDQ last+40(FP), R9

keepPiece:
	MOVQ (SI), R10
	ANDNQ R9, R10, R10
	VMOVDQU64 (DX), Z0
	KMOVQ R10, K1
	VPCOMPRESSB.Z Z0, K1, Z1
	VMOVDQU64 Z1, (DI)
	POPCNTQ R10, R10
	ADDQ R10, DI
	ADDQ $64, DX
	ADDQ $8, SI
	MOVQ $-1, R9
	DECQ CX
	JNZ  undouble
	SUBQ dst+0(FP), DI
	MOVQ DI, n+48(FP)
	VZEROUPPER
	RET

// func rowsAVX512(c *rowCopy)
//
//	BX c, DI out, DX padded, R8 the record, R9 its index, R11 the ends of its fields,
//	SI the part, R12 how many more fields of it are copied one by one, R10 the end of
//	the one at hand; R13 where what is copied starts, CX its end, and then its length
TEXT ·rowsAVX512(SB), NOSPLIT, $0-8
	MOVQ c+0(FP), BX
	MOVQ rowCopy_base(BX), DI
	ADDQ rowCopy_n(BX), DI
	MOVQ rowCopy_padded(BX), DX
	MOVQ rowCopy_record(BX), R9
	MOVQ rowCopy_records(BX), R8
	IMUL3Q $Record__size, R9, AX
	ADDQ AX, R8
	MOVQ rowCopy_parts(BX), SI
	ADDQ rowCopy_part(BX), SI
	MOVL $0x2C, AX
	VPBROADCASTB AX, Z16
	VPBROADCASTB rowCopy_between(BX), Z17
	VPBROADCASTB rowCopy_quote(BX), Z18
	KMOVQ rowCopy_quotes(BX), K5
	KMOVQ rowCopy_commas(BX), K6
	XORQ R12, R12

row:
	MOVL Record_First(R8), AX
	MOVQ rowCopy_ends(BX), R11
	LEAQ (R11)(AX*4), R11

part:
	MOVQ DI, R15
	SUBQ rowCopy_base(BX), R15
	MOVQ R15, rowCopy_n(BX) // if this part is left
	MOVQ RowPart_Values(SI), AX
	TESTQ AX, AX
	JZ   fromFields
	MOVL (AX)(R9*8), R13
	MOVL 4(AX)(R9*8), CX

everyComma: // is escaped
	SUBQ R13, CX
	CMPQ CX, $64
	JHI  left
	VMOVDQU64 (DX)(R13*1), Z0
	VPCMPEQB Z16, Z0, K1
	KMOVQ K1, AX
	BZHIQ CX, AX, AX
	VMOVDQU64 Z0, (DI)
	JNZ  escape
	ADDQ CX, DI

copied:
	MOVB $0x2C, (DI)
	INCQ DI
	TESTQ R12, R12
	JNZ  nextField
	ADDQ $RowPart__size, SI
	MOVQ SI, AX
	SUBQ rowCopy_parts(BX), AX
	CMPQ AX, rowCopy_size(BX)
	JNE  part
	MOVB $0x0A, -1(DI)
	MOVQ DI, CX
	SUBQ rowCopy_base(BX), CX
	MOVQ CX, rowCopy_n(BX)
	MOVQ R9, AX
	SUBQ rowCopy_from(BX), AX
	MOVQ rowCopy_rowEnds(BX), R13
	MOVL CX, (R13)(AX*4)
	MOVQ rowCopy_parts(BX), SI
	INCQ R9
	ADDQ $Record__size, R8
	CMPQ R9, rowCopy_to(BX)
	JB   row

left:
	MOVQ R9, rowCopy_record(BX)
	SUBQ rowCopy_parts(BX), SI
	MOVQ SI, rowCopy_part(BX)
	VZEROUPPER
	RET

escape:
	// A comma moves what is behind it by one byte. AX where they are.
	ADDQ DX, R13

comma:
	TZCNTQ AX, R15
	MOVB $0x5C, (DI)(R15*1)
	VMOVDQU64 (R13)(R15*1), Z1
	INCQ DI
	VMOVDQU64 Z1, (DI)(R15*1)
	BLSRQ AX, AX
	JNZ  comma
	ADDQ CX, DI
	JMP  copied

fromFields:
	MOVQ RowPart_Field(SI), AX
	MOVQ RowPart_N(SI), R15
	TESTQ AX, AX
	JLT  nothing
	MOVL Record_Start(R8), R13
	JEQ  started
	MOVL -4(R11)(AX*4), R13
	INCL R13

started:
	LEAQ (R11)(AX*4), R10
	MOVL (R10), CX
	CMPQ R15, $1
	JNE  run

field:
	MOVBLZX (DX)(R13*1), AX
	CMPQ AX, rowCopy_quote(BX)
	JEQ  quoted

unquoted:
	SUBQ R13, CX
	CMPQ CX, $64
	JHI  left
	VMOVDQU64 (DX)(R13*1), Z0
	VPCMPEQB Z16, Z0, K6, K1
	KMOVQ K1, AX
	BZHIQ CX, AX, AX
	VMOVDQU64 Z0, (DI)
	JNZ  escape
	ADDQ CX, DI
	JMP  copied

quoted:
	CMPQ R13, CX
	JEQ  unquoted
	INCQ R13
	DECQ CX
	JMP  everyComma

nextField:
	DECQ R12
	MOVL (R10), R13
	INCL R13
	ADDQ $4, R10
	MOVL (R10), CX
	JMP  field

run:
	// Neighbours are copied together, unless there is a quote or a comma among them.
	MOVL -4(R10)(R15*4), CX
	SUBQ R13, CX

runPiece:
	VMOVDQU64 (DX)(R13*1), Z0
	VPCMPEQB Z18, Z0, K5, K1
	VPCMPEQB Z16, Z0, K6, K2
	VPCMPEQB Z17, Z0, K3
	KORQ K1, K2, K1
	KMOVQ K1, AX
	CMPQ CX, $64
	JHI  longRun
	BZHIQ CX, AX, AX
	JNZ  oneByOne
	VMOVDQU8 Z16, K3, Z0
	VMOVDQU64 Z0, (DI)
	ADDQ CX, DI
	JMP  copied

longRun:
	TESTQ AX, AX
	JNZ  oneByOne
	VMOVDQU8 Z16, K3, Z0
	VMOVDQU64 Z0, (DI)
	ADDQ $64, DI
	ADDQ $64, R13
	SUBQ $64, CX
	JMP  runPiece

oneByOne:
	MOVQ rowCopy_base(BX), DI
	ADDQ rowCopy_n(BX), DI
	LEAQ -1(R15), R12
	MOVQ RowPart_Field(SI), AX
	MOVL Record_Start(R8), R13
	MOVL (R10), CX
	TESTQ AX, AX
	JEQ  field
	MOVL -4(R10), R13
	INCL R13
	JMP  field

nothing:
	// Of columns that are empty there are only the commas between them.
	CMPQ R15, $64
	JHI  left
	VMOVDQU64 Z16, (DI)
	LEAQ -1(DI)(R15*1), DI
	JMP  copied

// func classifyAVX512(dst *Classified, padded *byte, spans *Span, n int, c *Classes)
TEXT ·classifyAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ padded+8(FP), DX
	MOVQ spans+16(FP), SI
	MOVQ n+24(FP), CX
	MOVQ c+32(FP), BX
	VBROADCASTI32X4 Classes_sets(BX), Z16
	VBROADCASTI32X4 (Classes_sets+16)(BX), Z17
	VPBROADCASTB Classes_bytes(BX), Z18
	VPBROADCASTB (Classes_bytes+1)(BX), Z19
	VBROADCASTI32X4 rows<>(SB), Z20
	MOVL $0x0F, AX
	VPBROADCASTB AX, Z21

value:
	MOVL (SI), AX
	MOVL 4(SI), R8
	SUBQ AX, R8
	MOVQ $-1, R9
	BZHIQ R8, R9, R9
	CMPQ R8, $64
	JHI  long

masked:
	// R9 leaves out the bytes behind the value.
	VMOVDQU64 (DX)(AX*1), Z0
	VPSRLW  $4, Z0, Z1
	VPANDQ  Z21, Z1, Z1
	VPANDQ  Z21, Z0, Z2
	VPSHUFB Z1, Z20, Z1
	VPSHUFB Z2, Z16, Z3
	VPSHUFB Z2, Z17, Z4
	KMOVQ   R9, K1
	VPTESTMB Z1, Z3, K1, K2
	VPTESTMB Z1, Z4, K1, K3
	VPCMPEQB Z18, Z0, K1, K4
	VPCMPEQB Z19, Z0, K1, K5
	KMOVQ   K2, Classified_First(DI)
	KMOVQ   K3, Classified_Second(DI)
	KMOVQ   K4, Classified_Third(DI)
	KMOVQ   K5, Classified_Fourth(DI)
	ADDQ $8, SI
	ADDQ $Classified__size, DI
	DECQ CX
	JNZ  value
	VZEROUPPER
	RET

long:
	XORQ R9, R9
	JMP  masked

// The row of a character with this high half: none from 0x80.
DATA rows<>+0(SB)/8, $0x8040201008040201
DATA rows<>+8(SB)/8, $0
GLOBL rows<>(SB), RODATA|NOPTR, $16

// The row of a byte from 0x80 with this high half.
DATA highRows<>+0(SB)/8, $0
DATA highRows<>+8(SB)/8, $0x8040201008040201
GLOBL highRows<>(SB), RODATA|NOPTR, $16

// func leadsAVX512(dst *uint64, data *byte, pieces int, l *Leads, carry uint64) (last uint64)
TEXT ·leadsAVX512(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ data+8(FP), DX
	MOVQ pieces+16(FP), CX
	MOVQ l+24(FP), BX
	MOVQ carry+32(FP), R8
	VBROADCASTI32X4 Leads_before(BX), Z16
	VBROADCASTI32X4 Leads_first(BX), Z17
	VBROADCASTI32X4 Leads_second(BX), Z18
	VBROADCASTI32X4 Leads_high(BX), Z19
	VBROADCASTI32X4 rows<>(SB), Z20
	VBROADCASTI32X4 highRows<>(SB), Z22
	MOVL $0x0F, AX
	VPBROADCASTB AX, Z21
	MOVQ $1, AX // what is behind the last byte of a piece is not known
	SHLQ $63, AX
	ORQ  Leads_any(BX), AX

piece:
	VMOVDQU64 (DX), Z0
	VPSRLW  $4, Z0, Z1
	VPANDQ  Z21, Z1, Z1
	VPANDQ  Z21, Z0, Z2
	VPSHUFB Z1, Z20, Z3
	VPSHUFB Z1, Z22, Z4
	VPSHUFB Z2, Z16, Z5
	VPSHUFB Z2, Z17, Z6
	VPSHUFB Z2, Z18, Z7
	VPSHUFB Z2, Z19, Z8
	VPTESTMB Z3, Z5, K1
	VPTESTMB Z3, Z6, K2
	VPTESTMB Z3, Z7, K3
	VPTESTMB Z4, Z8, K4
	KMOVQ   K1, R9
	KMOVQ   K2, R10
	KMOVQ   K3, R11
	KMOVQ   K4, R12
	LEAQ    (R8)(R9*2), R13
	SHRQ    $63, R9
	MOVQ    R9, R8
	SHRQ    $1, R11
	ORQ     AX, R11
	ANDQ    R10, R13
	ANDQ    R11, R13
	ORQ     R12, R13
	MOVQ    R13, (DI)
	ADDQ    $64, DX
	ADDQ    $8, DI
	DECQ    CX
	JNZ     piece
	MOVQ    R8, last+40(FP)
	VZEROUPPER
	RET

DATA numbers<>+0(SB)/8, $0x0706050403020100
DATA numbers<>+8(SB)/8, $0x0F0E0D0C0B0A0908
DATA numbers<>+16(SB)/8, $0x1716151413121110
DATA numbers<>+24(SB)/8, $0x1F1E1D1C1B1A1918
DATA numbers<>+32(SB)/8, $0x2726252423222120
DATA numbers<>+40(SB)/8, $0x2F2E2D2C2B2A2928
DATA numbers<>+48(SB)/8, $0x3736353433323130
DATA numbers<>+56(SB)/8, $0x3F3E3D3C3B3A3938
GLOBL numbers<>(SB), RODATA|NOPTR, $64

// WORD sets a bit of dst for each byte of Y0, Y1 that equals the one in pattern.
#define WORD(pattern, dst, tmp) \
	VPCMPEQB pattern, Y0, Y2 \
	VPCMPEQB pattern, Y1, Y3 \
	VPMOVMSKB Y2, dst \
	VPMOVMSKB Y3, tmp \
	SHLQ $32, tmp \
	ORQ tmp, dst

// func masksAVX2(m *masks, data *byte, pieces int, delimiter, end, special byte)
TEXT ·masksAVX2(SB), NOSPLIT, $0-27
	MOVQ m+0(FP), DI
	MOVQ data+8(FP), DX
	MOVQ pieces+16(FP), CX
	VPBROADCASTB delimiter+24(FP), Y4
	VPBROADCASTB end+25(FP), Y5
	VPBROADCASTB special+26(FP), Y6
	MOVL $0x20202020, AX
	VMOVD AX, X7
	VPBROADCASTD X7, Y7
	MOVL $0x1F1F1F1F, AX
	VMOVD AX, X8
	VPBROADCASTD X8, Y8
	MOVL $0x7F7F7F7F, AX
	VMOVD AX, X9
	VPBROADCASTD X9, Y9
	MOVL $0x5C5C5C5C, AX
	VMOVD AX, X10
	VPBROADCASTD X10, Y10
	VPCMPEQB X11, X11, X11

piece2:
	VMOVDQU (DX), Y0
	VMOVDQU 32(DX), Y1
	WORD(Y4, AX, BX)
	MOVQ AX, masks_delimiter(DI)
	WORD(Y5, R8, BX)
	MOVQ R8, masks_end(DI)
	WORD(Y6, AX, BX)
	MOVQ AX, masks_special(DI)
	VMOVQ AX, X2
	VPCLMULQDQ $0, X11, X2, X2
	VMOVQ X2, masks_parity(DI)
	WORD(Y7, AX, BX)
	MOVQ AX, masks_space(DI)

	// The smaller of the byte and 0x1F is the byte itself if that is below 0x20.
	VPMINUB  Y8, Y0, Y2
	VPCMPEQB Y2, Y0, Y2
	VPCMPEQB Y9, Y0, Y3
	VPOR     Y2, Y3, Y2
	VPMINUB  Y8, Y1, Y3
	VPCMPEQB Y3, Y1, Y3
	VPCMPEQB Y9, Y1, Y12
	VPOR     Y3, Y12, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, BX
	SHLQ $32, BX
	ORQ  BX, AX
	XORQ R8, AX // end bytes are control characters
	MOVQ AX, masks_controls(DI)

	VPOR Y0, Y1, Y2
	VPMOVMSKB Y2, AX
	MOVQ AX, masks_highs(DI)
	VPCMPEQB Y10, Y0, Y2
	VPCMPEQB Y10, Y1, Y3
	VPOR Y2, Y3, Y2
	VPMOVMSKB Y2, AX
	MOVQ AX, masks_slashes(DI)

	ADDQ $64, DX
	ADDQ $masks__size, DI
	DECQ CX
	JNZ  piece2
	VZEROUPPER
	RET

// func controlsAVX2(data *byte, pieces int) (n int, highs uint32)
TEXT ·controlsAVX2(SB), NOSPLIT, $0-28
	MOVQ data+0(FP), DX
	MOVQ pieces+8(FP), CX
	MOVL $0x1F1F1F1F, AX
	VMOVD AX, X0
	VPBROADCASTD X0, Y0
	MOVL $0x7F7F7F7F, AX
	VMOVD AX, X1
	VPBROADCASTD X1, Y1
	VPXOR Y2, Y2, Y2
	XORQ R8, R8

next32:
	VMOVDQU (DX), Y3
	VPOR    Y3, Y2, Y2
	VPMINUB  Y0, Y3, Y4
	VPCMPEQB Y4, Y3, Y4
	VPCMPEQB Y1, Y3, Y5
	VPOR     Y4, Y5, Y4
	VPMOVMSKB Y4, AX
	POPCNTL  AX, AX
	ADDQ     AX, R8
	ADDQ $32, DX
	DECQ CX
	JNZ  next32
	VPMOVMSKB Y2, AX
	MOVQ R8, n+16(FP)
	MOVL AX, highs+24(FP)
	VZEROUPPER
	RET

// What two bytes that follow each other can be wrong in, a bit for each kind.
// A pair is wrong in a kind if all three tables say so: for the high half and
// the low half of the first byte, and for the high half of the second one.
//
//	01 the first begins a sequence, the second does not go on with it
//	02 the first is ASCII, the second goes on
//	04 E0 and below A0: three bytes for what needs two
//	08 F4 and from 90, or F5 and above: beyond U+10FFFF
//	10 ED and from A0: a surrogate
//	20 C0 or C1: two bytes for what needs one
//	40 F0 and below 90: four bytes for what needs three; F5 and above, too
//	80 both go on: wrong unless a sequence of three or four calls for it
DATA firstHigh<>+0(SB)/8, $0x0202020202020202
DATA firstHigh<>+8(SB)/8, $0x4915012180808080
GLOBL firstHigh<>(SB), RODATA|NOPTR, $16

DATA firstLow<>+0(SB)/8, $0xCBCBCB8B8383A3E7
DATA firstLow<>+8(SB)/8, $0xCBCBDBCBCBCBCBCB
GLOBL firstLow<>(SB), RODATA|NOPTR, $16

DATA secondHigh<>+0(SB)/8, $0x0101010101010101
DATA secondHigh<>+8(SB)/8, $0x01010101BABAAEE6
GLOBL secondHigh<>(SB), RODATA|NOPTR, $16

// func utf8AVX512(data *byte, pieces int) (broken uint64)
TEXT ·utf8AVX512(SB), NOSPLIT, $0-24
	MOVQ data+0(FP), DX
	MOVQ pieces+8(FP), CX
	VBROADCASTI32X4 firstHigh<>(SB), Z16
	VBROADCASTI32X4 firstLow<>(SB), Z17
	VBROADCASTI32X4 secondHigh<>(SB), Z18
	MOVL $0x0F, AX
	VPBROADCASTB AX, Z19
	MOVL $0x80, AX
	VPBROADCASTB AX, Z20
	MOVL $0x60, AX // 0xE0 - 0x80
	VPBROADCASTB AX, Z21
	MOVL $0x70, AX // 0xF0 - 0x80
	VPBROADCASTB AX, Z22
	VPXORQ Z23, Z23, Z23

piece3:
	VMOVDQU64 (DX), Z0
	VMOVDQU64 -1(DX), Z1
	VPSRLW  $4, Z1, Z2
	VPSRLW  $4, Z0, Z3
	VPANDQ  Z19, Z1, Z4
	VPANDQ  Z19, Z2, Z2
	VPANDQ  Z19, Z3, Z3
	VPSHUFB Z2, Z16, Z2
	VPSHUFB Z4, Z17, Z4
	VPSHUFB Z3, Z18, Z3
	VPTERNLOGQ $0x80, Z2, Z3, Z4 // and of all three

	// The high bit is set where the byte two before is from E0, or three before from F0.
	VMOVDQU64 -2(DX), Z5
	VMOVDQU64 -3(DX), Z6
	VPSUBUSB Z21, Z5, Z5
	VPSUBUSB Z22, Z6, Z6
	VPORQ    Z5, Z6, Z5
	VPTERNLOGQ $0x78, Z20, Z5, Z4 // Z4 xor (Z5 and Z20)
	VPORQ    Z4, Z23, Z23
	ADDQ $64, DX
	DECQ CX
	JNZ  piece3
	VPTESTMB Z23, Z23, K1
	KMOVQ K1, AX
	MOVQ AX, broken+16(FP)
	VZEROUPPER
	RET

// CHECK adds to Y15 what is wrong in the 32 bytes from at(DX) on.
#define CHECK(at, before1, before2, before3) \
	VMOVDQU at(DX), Y0 \
	VMOVDQU before1(DX), Y1 \
	VPSRLW  $4, Y1, Y2 \
	VPSRLW  $4, Y0, Y3 \
	VPAND   Y11, Y1, Y4 \
	VPAND   Y11, Y2, Y2 \
	VPAND   Y11, Y3, Y3 \
	VPSHUFB Y2, Y8, Y2 \
	VPSHUFB Y4, Y9, Y4 \
	VPSHUFB Y3, Y10, Y3 \
	VPAND   Y2, Y3, Y3 \
	VPAND   Y3, Y4, Y4 \
	VMOVDQU before2(DX), Y5 \
	VMOVDQU before3(DX), Y6 \
	VPSUBUSB Y13, Y5, Y5 \
	VPSUBUSB Y14, Y6, Y6 \
	VPOR    Y5, Y6, Y5 \
	VPAND   Y12, Y5, Y5 \
	VPXOR   Y5, Y4, Y4 \
	VPOR    Y4, Y15, Y15

// func utf8AVX2(data *byte, pieces int) (broken uint64)
TEXT ·utf8AVX2(SB), NOSPLIT, $0-24
	MOVQ data+0(FP), DX
	MOVQ pieces+8(FP), CX
	VBROADCASTI128 firstHigh<>(SB), Y8
	VBROADCASTI128 firstLow<>(SB), Y9
	VBROADCASTI128 secondHigh<>(SB), Y10
	MOVL $0x0F0F0F0F, AX
	VMOVD AX, X11
	VPBROADCASTD X11, Y11
	MOVL $0x80808080, AX
	VMOVD AX, X12
	VPBROADCASTD X12, Y12
	MOVL $0x60606060, AX
	VMOVD AX, X13
	VPBROADCASTD X13, Y13
	MOVL $0x70707070, AX
	VMOVD AX, X14
	VPBROADCASTD X14, Y14
	VPXOR Y15, Y15, Y15

piece4:
	CHECK(0, -1, -2, -3)
	CHECK(32, 31, 30, 29)
	ADDQ $64, DX
	DECQ CX
	JNZ  piece4
	VPXOR Y0, Y0, Y0
	VPCMPEQB Y0, Y15, Y15
	VPMOVMSKB Y15, AX
	NOTL AX
	MOVQ AX, broken+16(FP)
	VZEROUPPER
	RET

// func processor() int
TEXT ·processor(SB), NOSPLIT, $0-8
	MOVQ $0, ret+0(FP)

	// Leaf 1: PCLMULQDQ, POPCNT, OSXSAVE, AVX.
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $0x18800002, CX
	CMPL CX, $0x18800002
	JNE  done

	// The system saves the registers.
	XORL CX, CX
	XGETBV
	MOVL AX, R8
	ANDL $6, AX
	CMPL AX, $6
	JNE  done

	// Leaf 7: AVX2.
	MOVL $7, AX
	XORL CX, CX
	CPUID
	TESTL $0x20, BX
	JZ   done
	MOVQ $const_levelAVX2, ret+0(FP)

	// BMI1, BMI2, AVX-512 F, DQ, BW, VL; VBMI2, VPCLMULQDQ; and the registers for them.
	ANDL $0xC0030108, BX
	CMPL BX, $0xC0030108
	JNE  done
	ANDL $0x440, CX
	CMPL CX, $0x440
	JNE  done
	ANDL $0xE6, R8
	CMPL R8, $0xE6
	JNE  done
	MOVQ $const_levelAVX512, ret+0(FP)

done:
	RET
