const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/**
 * Unix epoch in milliseconds of a date and time of day in UTC, `NaN` if there is no such day or time. A leap second is
 * the second after it.
 * @param month 1 to 12
 */
export function epochOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  const days = (monthDays[month - 1] ?? 0) + (month === 2 && isLeapYear(year) ? 1 : 0)
  if (!(year >= 0 && day >= 1 && day <= days)) return Number.NaN
  if (!(hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60)) return Number.NaN
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477
  const leapDay = month > 2 && isLeapYear(year) ? 1 : 0
  const epochDay = (year - 1970) * 365 + leapDays + (daysBefore[month - 1] ?? 0) + leapDay + day - 1
  return (((epochDay * 24 + hour) * 60 + minute) * 60 + second) * 1000
}
