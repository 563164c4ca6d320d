/**
 * Whether a line goes on with the record before it: an indented one, and what stack traces of Java, Python, JavaScript,
 * Go, .NET, Ruby and PHP have at the margin.
 */
export const isContinuation = (line: string): boolean => continuation.test(line)

const continuation = new RegExp(
  `^(?:${[
    '[ \\t]+\\S',
    // Java
    '(?:Caused by|Suppressed|Wrapped by): ',
    '\\.\\.\\. \\d+ (?:more|common frames)',
    // Python
    'Traceback \\(most recent call last\\):',
    'During handling of the above exception',
    'The above exception was the direct cause',
    // The name of an exception: Python has it below its trace, Java and JavaScript above.
    '(?:[A-Za-z_$][\\w$]*\\.)*[\\w$]*(?:Error|Exception|Throwable|Interrupt|Exit)(?: \\[\\w+\\])?(?:: |$)',
    // Others are named like classes, in capitals within the word: `PaymentTimeout: no answer`.
    '(?:[A-Za-z_$][\\w$]*\\.)*[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+: ',
    // Go
    'goroutine \\d+ \\[[^\\]]*\\]:$',
    'created by \\S',
    '(?:[\\w.-]+/)*[\\w.*()-]+\\.[\\w.*()·-]+\\((?:0x[\\da-f]+|\\.\\.\\.|[{}, ?_]|0x)*\\)$',
    '\\[signal SIG',
    'exit status \\d+$',
    // .NET
    '---> ',
    '--- End of ',
    // JavaScript prints the object of an error after it, PHP numbers its frames.
    '\\}$',
    '#\\d+ ',
  ].join('|')})`,
)
