import { createComponent } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { auto } from './auto.ts'
import { continues } from './continuation.ts'
import definitions from './index.ts'
import { joinedRecords } from './testing/joined-records.ts'
import { text } from './text.ts'

const traces: { [name: string]: string } = {
  'a handler of Go that panicked': `2026/11/24 10:00:00 http: panic serving 10.0.0.1:1234: boom
goroutine 7 [running]:
net/http.(*conn).serve.func1()
	/usr/local/go/src/net/http/server.go:1947 +0xbe
panic({0x6a1b20?, 0xc000012345?})
	/usr/local/go/src/runtime/panic.go:785 +0x132
main.(*Store[...]).find(0xc000010030, {0x6f2a10, 0x5})
	/srv/main.go:17 +0x1d
main.main.func1({0x7b5e40?, 0xc0001000e0?}, 0x0?)
	/srv/main.go:9 +0x25
gopkg.in/yaml%2ev3.Unmarshal(...)
	/srv/yaml.go:9
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3454 +0x485`,
  'a program of Go that panicked': `panic: runtime error: index out of range [3] with length 2 [recovered]
	panic: again
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47b0e4]
goroutine 1 gp=0xc000002380 m=0 mp=0x5a2c60 [running]:
panic(0x6a1b20)
main.main()
	/srv/main.go:9 +0x25
...additional frames elided...
exit status 2`,
  'Python with a class of its own': `2026-11-24 10:00:00,123 ERROR shop.orders: payment failed
Traceback (most recent call last):
  File "/srv/app.py", line 7, in pay
    charge(card)
    ~~~~~~^^^^^^
acme.errors.Broken: bad card
During handling of the above exception, another exception occurred:
Traceback (most recent call last):
  File "/srv/app.py", line 9, in load
Unreachable: no route
The above exception was the direct cause of the following exception:
Traceback (most recent call last):
  File "/srv/app.py", line 12, in <module>
    main()
Stopped`,
  PHP: `[24-Nov-2026 10:00:00 UTC] PHP Fatal error:  Uncaught RuntimeException: boom in /srv/a.php:12
Stack trace:
#0 /srv/a.php(12): f()
#1 {main}
  thrown in /srv/a.php on line 12`,
  'PHP without a time': `PHP Fatal error:  Uncaught RuntimeException: boom in /srv/a.php:12
Stack trace:
#0 {main}
  thrown in /srv/a.php on line 12`,
  Laravel:
    `[2026-11-24 10:00:00] production.ERROR: boom {"exception":"[object] (RuntimeException(code: 0): boom at /srv/a.php:12)
[stacktrace]
#0 /srv/vendor/laravel/framework/src/Pipeline.php(180): App\\\\Http\\\\Kernel->handle(Object(Request))
#1 {main}

[previous exception] [object] (PDOException(code: 7): refused at /srv/b.php:3)
[stacktrace]
#0 {main}
"} `.replace('\n\n', '\n'),
  Ruby: `app.rb:3:in 'Orders#find': boom (RuntimeError)
	from app.rb:9:in 'block in <main>'
	from app.rb:9:in '<main>'`,
  'a trace that Ruby’s logger writes': `E, [2026-11-24T10:00:00.123456 #1234] ERROR -- : boom (RuntimeError)
app/models/order.rb:12:in 'save'
/usr/lib/ruby/gems/3.4.0/gems/rack-3.1.8/lib/rack.rb:7:in \`block (2 levels) in call'`,
  Rust: `thread 'main' panicked at src/main.rs:4:5:
index out of bounds: the len is 3 but the index is 99
stack backtrace:
   0: std::panicking::begin_panic
             at /rustc/90b35a6239c3d8bdabc530a6a0816f7ff89a0aaf/library/std/src/panicking.rs:665:5
   1: shop::main
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.`,
  'Rust without frames': `thread 'tokio-runtime-worker' (4711) panicked at src/main.rs:4:5:
listener: gone
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace`,
}
const parsers = {
  types: () =>
    definitions.flatMap((one) => (one.type === 'text' ? [{ type: 'text', create: () => createComponent(text) }] : [])),
  create: () => createComponent(text),
}

describe('a stack trace is one record, and the lines around it are others', () => {
  it.each(Object.entries(traces))('of %s', (_, trace) => {
    const lines = `listener: started\n${trace}\nReady: yes\nlistener: closed\n`
    const records = ['listener: started', trace, 'Ready: yes', 'listener: closed']
    expect(joinedRecords(text, lines)).toEqual(records)
    expect(joinedRecords(auto, lines, { overrides: { parsers } })).toEqual(records)
  })

  it('with empty lines between its parts', () => {
    const trace = traces['Python with a class of its own'] ?? ''
    const lines = trace.replaceAll(/\n(?=During|The above|Traceback)/g, '\n\n')
    expect(joinedRecords(text, `${lines}\n`)).toEqual([trace])
  })

  it.each([
    ['a name below a line that is no frame', ['Settings', '  depth: 3', 'Ready: yes', 'acme.Store: opened']],
    ['a name after the exception', [traces['Python with a class of its own'] ?? '', 'acme.Store: opened']],
    [
      'words that traces use',
      ['note: run it again', 'created: yes', 'panic(1) is a function', 'thread 1 panicked at noon'],
    ],
    ['places in files', ['app.rb:12: warning: unused', "see app.rb:12:in 'f' for more"]],
    ['texts in brackets', ['[stack] ready', '"} is the end']],
  ])('but not %s', (_, records) => {
    const lines = joinedRecords(text, `${records.join('\n')}\n`)
    expect(lines.slice(-1)).toEqual(records.slice(-1))
    expect(lines).toHaveLength(records.filter((record) => !record.startsWith('  ')).length)
  })

  it('in a file of another format as well, where only the line before is known', () => {
    expect(continues('acme.errors.Broken: bad card', '    charge(card)')).toBe(true)
    expect(continues('Unreachable: no route', '  File "/srv/app.py", line 9, in load')).toBe(true)
    expect(continues('Unreachable: no route', '    depth: 3')).toBe(false)
    expect(continues('listener: started', '    charge(card)')).toBe(false)
    expect(continues('acme.errors.Broken: bad card', 'listener: started')).toBe(false)
    expect(continues('acme.errors.Broken: bad card')).toBe(false)
  })
})
