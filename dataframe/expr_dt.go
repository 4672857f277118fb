//go:build cgo

package dataframe

// Dt gives the functions of times, as pandas' .dt. They are taken as clocks in the column's own time zone show them; null gives
// null.
func (e Expr) Dt() DtExpr { return DtExpr{e} }

// DtExpr has the functions of datetime, date and timedelta columns; see [Expr.Dt].
type DtExpr struct{ e Expr }

// Year is the calendar year.
func (d DtExpr) Year() Expr { return call("dt_year", d.e) }

// Month is 1 to 12.
func (d DtExpr) Month() Expr { return call("dt_month", d.e) }

// Day is the day of the month.
func (d DtExpr) Day() Expr { return call("dt_day", d.e) }

// Hour is 0 to 23.
func (d DtExpr) Hour() Expr { return call("dt_hour", d.e) }

// Minute is 0 to 59.
func (d DtExpr) Minute() Expr { return call("dt_minute", d.e) }

// Second is 0 to 59.
func (d DtExpr) Second() Expr { return call("dt_second", d.e) }

// Microsecond is 0 to 999999.
func (d DtExpr) Microsecond() Expr { return call("dt_microsecond", d.e) }

// Nanosecond is 0 to 999.
func (d DtExpr) Nanosecond() Expr { return call("dt_nanosecond", d.e) }

// DayOfWeek is 0 for Monday to 6 for Sunday.
func (d DtExpr) DayOfWeek() Expr { return call("dt_dayofweek", d.e) }

// DayOfYear is 1 to 366.
func (d DtExpr) DayOfYear() Expr { return call("dt_dayofyear", d.e) }

// Quarter is 1 to 4.
func (d DtExpr) Quarter() Expr { return call("dt_quarter", d.e) }

// Week is ISO 8601's number of the week.
func (d DtExpr) Week() Expr { return call("dt_week", d.e) }

// ISOYear is the year to which ISO 8601's week belongs.
func (d DtExpr) ISOYear() Expr { return call("dt_isoyear", d.e) }

// DaysInMonth is 28 to 31.
func (d DtExpr) DaysInMonth() Expr { return call("dt_days_in_month", d.e) }

// IsMonthStart reports the first day of a month.
func (d DtExpr) IsMonthStart() Expr { return call("dt_is_month_start", d.e) }

// IsMonthEnd reports the last day of a month.
func (d DtExpr) IsMonthEnd() Expr { return call("dt_is_month_end", d.e) }

// IsQuarterStart reports the first day of a quarter.
func (d DtExpr) IsQuarterStart() Expr { return call("dt_is_quarter_start", d.e) }

// IsQuarterEnd reports the last day of a quarter.
func (d DtExpr) IsQuarterEnd() Expr { return call("dt_is_quarter_end", d.e) }

// IsYearStart reports the first day of a year.
func (d DtExpr) IsYearStart() Expr { return call("dt_is_year_start", d.e) }

// IsYearEnd reports the last day of a year.
func (d DtExpr) IsYearEnd() Expr { return call("dt_is_year_end", d.e) }

// IsLeapYear reports leap years.
func (d DtExpr) IsLeapYear() Expr { return call("dt_is_leap_year", d.e) }

// Date drops the time of the day.
func (d DtExpr) Date() Expr { return call("dt_date", d.e) }

// Time drops the date.
func (d DtExpr) Time() Expr { return call("dt_time", d.e) }

// Normalize is midnight of the day, still a time.
func (d DtExpr) Normalize() Expr { return d.Floor("D") }

// Floor rounds down to a frequency such as "15min", "h" or "D".
func (d DtExpr) Floor(freq string) Expr { return call("dt_floor", d.e, freq) }

// Ceil rounds up to a frequency.
func (d DtExpr) Ceil(freq string) Expr { return call("dt_ceil", d.e, freq) }

// Round rounds to the nearest multiple of a frequency, halves to the even one.
func (d DtExpr) Round(freq string) Expr { return call("dt_round", d.e, freq) }

// Strftime writes times by C's directives.
func (d DtExpr) Strftime(format string) Expr { return call("dt_strftime", d.e, format) }

// DayName is the English name of the day.
func (d DtExpr) DayName() Expr { return call("dt_day_name", d.e) }

// MonthName is the English name of the month.
func (d DtExpr) MonthName() Expr { return call("dt_month_name", d.e) }

// Epoch is the number of s, ms, us or ns since 1970.
func (d DtExpr) Epoch(unit string) Expr { return call("dt_epoch", d.e, unit) }

// TotalSeconds is a duration in seconds.
func (d DtExpr) TotalSeconds() Expr { return call("dt_total_seconds", d.e) }

// Days is the whole days of a duration, rounded down.
func (d DtExpr) Days() Expr { return call("dt_days", d.e) }

// TzLocalize takes times without a zone for those that clocks in a zone show.
func (d DtExpr) TzLocalize(zone string) Expr { return call("dt_tz_localize", d.e, zone) }

// TzConvert shows times in another zone.
func (d DtExpr) TzConvert(zone string) Expr { return call("dt_tz_convert", d.e, zone) }
