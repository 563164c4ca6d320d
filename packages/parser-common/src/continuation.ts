/**
 * Whether a line goes on with the record before it: an indented one, and what stack traces of Java, Python, JavaScript,
 * Go, .NET, Ruby, PHP and Rust have at the margin.
 */
export function isContinuation(line: string): boolean {
  const text = line.length > lookedAt ? line.slice(0, lookedAt) : line
  return (
    continuation.test(text) ||
    (text.endsWith(')') && goFrame.test(text)) ||
    (text.endsWith("'") && rubyFrame.test(text))
  )
}

/**
 * The same for a line of which the one before is known: some are told by that alone. They are the exception below the
 * frames of a trace of Python, whatever its class is called, and the message below the headline of a panic of Rust.
 */
export const continues = (line: string, previous = ''): boolean =>
  isContinuation(line) ||
  isPanic(previous) ||
  (isExceptionName(line) && (isPythonFrame(previous) || (/^[ \t]/.test(previous) && qualified.test(line))))

/** Whether a line is a frame of a trace of Python: `  File "/srv/app.py", line 7, in pay`. */
export const isPythonFrame = (line: string): boolean => pythonFrame.test(line)

/** Whether it may be the exception below the frames of a trace of Python: `acme.errors.Broken: no card`, `Broken`. */
export const isExceptionName = (line: string): boolean => exceptionName.test(line)

/** Whether it is the headline of a panic of Rust, whose message is the next line. */
export const isPanic = (line: string): boolean => panic.test(line)

/** Characters of a line that tell: searches in long ones would take long. */
export const lookedAt = 400

const pythonFrame = /^[ \t]+(?:[|+] +)?File "[^"]+", line \d+/
const exceptionName = /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:: |:?$)/
const qualified = /^\w+\./
const panic = /^thread '.*' (?:\(\d+\) )?panicked at .+:\d+:\d+:$/
// They are told by their ends first: a line of words would be searched for them all along.
const goFrame = /^(?:panic|(?:[\w.%~-]+\/)*[\w.%*()-]+\.[\w.*()·[\]-]+)\((?:0x[\da-f]+\??|\.\.\.|[{}, ?_]|0x)*\)$/
/** Rails writes frames without an indent: `app/models/order.rb:12:in 'save'`. */
const rubyFrame = /^(?:[A-Za-z]:)?[^:\s][^:]*:\d+:in [`'][^'`]*'$/

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
    'goroutine \\d+ (?:[a-z]+=\\S+ )*\\[[^\\]]*\\]:$',
    'created by \\S',
    '\\.\\.\\.(?:additional|\\d+) frames elided\\.\\.\\.$',
    '\\[signal SIG',
    '\\[originating from goroutine ',
    'exit status \\d+$',
    // .NET
    '---> ',
    '--- End of ',
    // JavaScript prints the object of an error after it, PHP numbers its frames, Laravel has them within one.
    '\\}$',
    '#\\d+ ',
    'Stack trace:$',
    '\\[(?:stacktrace\\]$|previous exception\\] )',
    '"\\} ?$',
    // Rust
    'stack backtrace:$',
    'note: (?:run with `RUST_BACKTRACE|[Ss]ome details are omitted, run with `RUST_BACKTRACE)',
  ].join('|')})`,
)
