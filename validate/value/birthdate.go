package value

// DateFault is what is wrong with a birthdate.
type DateFault uint8

// The faults.
const (
	NoFault    DateFault = iota
	NotADate             // not mm/dd/yyyy, in digits
	Impossible           // no day of the calendar
)

// CheckBirthdate says what is wrong with a birthdate, which is mm/dd/yyyy (developer
// guide of the import).
func CheckBirthdate(v []byte) DateFault {
	if len(v) != 10 || v[2] != '/' || v[5] != '/' || !AllDigits(v[:2]) || !AllDigits(v[3:5]) || !AllDigits(v[6:]) {
		return NotADate
	}
	month, day := int(v[0]-'0')*10+int(v[1]-'0'), int(v[3]-'0')*10+int(v[4]-'0')
	year := 0
	for _, c := range v[6:] {
		year = year*10 + int(c-'0')
	}
	if year < 1 || !IsDay(year, month, day) {
		return Impossible
	}
	return NoFault
}

// IsDay reports whether the calendar has the day; month and day count from 1.
func IsDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	length := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		length = 29
	}
	return day <= length
}

// SoundBirthdate takes mm/dd/yyyy.
func SoundBirthdate(padded *[16]byte, n int) bool {
	const slashes, places = uint64('/')<<16 | uint64('/')<<40, uint64(0xFF0000FF0000)
	w := Word(padded, 0)
	odd := NotDigit(w&^places|'0'*EveryByte&places) | NotDigit(Word(padded, 8))&LowBytes(2) | (w&places ^ slashes)
	if n != 10 || odd != 0 {
		return false
	}
	month := (padded[0]-'0')*10 + padded[1] - '0'
	day := (padded[3]-'0')*10 + padded[4] - '0'
	if month-1 < 12 && day-1 < 28 && padded[6] > '0' {
		return true
	}
	return CheckBirthdate(padded[:10]) == NoFault
}
