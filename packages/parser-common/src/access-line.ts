/** What begins like a line of Common Log Format; how it ends is looked at by the scanner. */
export const isAccessLine = (line: string): boolean => accessLine.test(line)

const accessLine = /^\S+ \S+ [^[]+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "[^\n]*" \d{3} (?:\d+|-)/
