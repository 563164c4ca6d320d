const start = Date.UTC(2026, 10, 24, 9)
const linesAMinute = 3000

/**
 * Lines of an access log, the same each time: 250 clients, and one a minute that tries 30 passwords. Each line has its
 * number in its referrer.
 */
export function accessLog(from: number, to: number): string {
  let text = ''
  for (let number = from; number < to; number++) {
    const isGuess = number % 100 === 0
    const client = isGuess ? guesser(Math.floor(number / linesAMinute)) : `198.51.100.${number % 250}`
    const [, day, month, year, clock] = new Date(start + (number * 60_000) / linesAMinute).toUTCString().split(' ')
    const what = isGuess
      ? '"POST /login HTTP/1.1" 401 157'
      : `"GET /item/${number % 5000} HTTP/1.1" 200 ${number % 9000}`
    text += `${client} - - [${day}/${month}/${year}:${clock} +0000] ${what} "https://shop.example/${number}" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"\n`
  }
  return text
}

/** The client that guesses in a minute. */
export const guesser = (minute: number): string => `203.0.113.${minute % 250}`
