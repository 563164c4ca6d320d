import { type AttributeMap, LogBatch, type Record } from '@weir/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCondition, checkExpression, compileCondition, compileExpression } from './condition.ts'

const base = {
  'http.response.status_code': 503,
  code: '404',
  user: { name: 'ann', roles: ['admin', 'dev'] },
  'url.path': '/cart',
  flag: true,
  empty: null,
  bytes: 1200,
}

function record(attributes: AttributeMap = base): Record {
  const row = new LogBatch({
    resource: { 'service.name': 'shop' },
    observedTime: Date.UTC(2024, 4, 1, 12, 10),
  }).append()
  for (const [name, value] of Object.entries(attributes)) row.attributes.set(name, value)
  row.body = 'payment failed: card 4242'
  row.severityNumber = 17
  row.time = Date.UTC(2024, 4, 1, 12)
  return row
}

const holds = (condition: string, on = record()) => compileCondition(condition)(on)

describe('compileCondition', () => {
  it.each([
    'attributes.http.response.status_code >= 500',
    'attributes["http.response.status_code"] == 503',
    'attributes.http["response.status_code"] == 503.0',
    'attributes.user.name == "ann" && !(attributes.user.name == "bob")',
    'attributes.user.roles[1] == "dev" && "admin" in attributes.user.roles',
    '"url.path" in attributes && !("nope" in attributes)',
    'attributes.http.response.status_code in [500, 503]',
    'attributes.code in [404, 410]',
    'has(attributes.user.name) && !has(attributes.user.age)',
    'body.contains("failed") && body.startsWith("pay") && body.endsWith("4242")',
    'body.matches("card \\\\d+$") && body.matches(r"(?i)^PAYMENT")',
    'severityNumber >= 17 && severityText.lowerAscii() == "error"',
    'resource.service.name == "shop"',
    'time >= timestamp("2024-05-01T12:00:00Z") && time.getHours() == 12',
    'observedTime - time > duration("5m") && time + duration("1h") > observedTime',
    'attributes.user.roles.exists(r, r == "dev") && attributes.user.roles.all(r, r.size() > 2)',
    'attributes.user.roles.filter(r, r != "dev").map(r, r.upperAscii()) == ["ADMIN"]',
    'attributes.user.roles.exists_one(r, r.startsWith("a"))',
    'size(attributes.user.roles) == 2 && size("añ") == 2',
    'attributes.bytes / 1000 > 1.1 && attributes.bytes % 1000 == 200 && attributes.bytes * 2 - 400 == 2000',
    '(attributes.flag ? "a" : "b") + "c" == "ac"',
    'attributes.flag',
    '-attributes.bytes < 0',
    'int(attributes.code) == 404 && string(attributes.bytes) == "1200" && double("1.5") == 1.5',
    'attributes.user == attributes.user',
  ])('%s', (condition) => {
    expect(holds(condition)).toBe(true)
  })

  it('takes a text that is a number for that number when it meets one', () => {
    expect(holds('attributes.code >= 400')).toBe(true)
    expect(holds('attributes.code == 404')).toBe(true)
    expect(holds('attributes.code > 1000')).toBe(false)
    expect(holds('attributes.code == "0404"')).toBe(false)
    expect(holds('attributes.url.path > 5')).toBe(false)
  })

  it.each(['==', '<', '<=', '>', '>='])('finds a %s comparison with a missing field false', (operator) => {
    for (const literal of ['1', '"a"', 'attributes.missing', 'true'].slice(0, operator === '==' ? 4 : 3)) {
      expect(holds(`attributes.nope ${operator} ${literal}`)).toBe(false)
    }
  })

  it('finds != with a missing field true, and a missing field null', () => {
    expect(holds('attributes.nope != 1')).toBe(true)
    expect(holds('attributes.nope == null && attributes.empty == null && attributes.code != null')).toBe(true)
    expect(holds('attributes.nope != null')).toBe(false)
  })

  it.each([
    'attributes.user > 3',
    'attributes.user.name.startsWith(attributes.bytes)',
    'attributes.bytes.contains("1")',
    'attributes.flag < 2 || attributes.flag + 1 > 0',
    'attributes.nope.exists(x, x == 1)',
    'duration(attributes.url.path) > duration("1s")',
    'timestamp(attributes.url.path) > time',
    'attributes.bytes / 0 > 1',
    'attributes.nope',
    'attributes.user.roles["x"] == 1',
    'attributes.__proto__.constructor == null ? false : true',
  ])('%s is false and no error on values of another kind', (condition) => {
    expect(holds(condition)).toBe(false)
  })

  it('has no time where the record has none', () => {
    const row = record()
    row.time = Number.NaN
    expect(holds('time > timestamp("2020-01-01T00:00:00Z") || time < timestamp("2020-01-01T00:00:00Z")', row)).toBe(
      false,
    )
  })

  it('throws a coded error that says where', () => {
    expect(() => compileCondition('sverityNumber > 1')).toThrow(
      expect.objectContaining({
        code: 'WEIR_CONDITION_INVALID',
        message: 'the condition "sverityNumber > 1" cannot be used: there is no field "sverityNumber" (at character 1)',
        hint: 'did you mean severityNumber?',
      }),
    )
  })

  it('compares numbers as JavaScript does', () => {
    const conditions = ['<', '<=', '>', '>=', '==', '!=']
      .map((operator) => `attributes.x ${operator} attributes.y`)
      .map(compileCondition)
    const number = fc.oneof(fc.double({ noNaN: true }), fc.integer())
    fc.assert(
      fc.property(number, number, (x, y) => {
        const row = record({ x, y })
        expect(conditions.map((condition) => condition(row))).toEqual([x < y, x <= y, x > y, x >= y, x === y, x !== y])
      }),
    )
  })

  it('never throws, whatever the record holds', () => {
    const conditions = [
      'attributes.x > 3 && attributes.y.startsWith("a") || attributes.x in attributes.y',
      'attributes.x.exists(e, e == attributes.y) ? attributes.x + attributes.y > 2 : attributes.x.size() > attributes.y[0]',
      'timestamp(attributes.x).getHours() > 2 || duration(attributes.y) > duration("1s") || attributes.x.join(",") == "a"',
      'attributes.x.substring(attributes.y) == "" || string(attributes.x) == attributes.y || attributes.x.a.b == attributes.y',
    ].map(compileCondition)
    const value = fc.jsonValue({ maxDepth: 2 }).map((json) => json as AttributeMap[string])
    fc.assert(
      fc.property(value, value, (x, y) => {
        for (const condition of conditions) expect(typeof condition(record({ x, y }))).toBe('boolean')
      }),
      // What JavaScript itself cannot make a text of.
      { examples: [[[{ toString: 1 }], { valueOf: {}, toString: '' }]] },
    )
  })
})

describe('checkCondition', () => {
  it.each([
    ['status >= 500', 0, 'there is no field "status"', 'did you mean attributes.status?'],
    ['true && sverityText == "a"', 8, 'there is no field "sverityText"', 'did you mean severityText?'],
    ['severityText.lower() == "a"', 0, 'there is no function string.lower()', undefined],
    ['body.startWith("a")', 0, 'there is no function dyn.startWith(string)', 'did you mean startsWith()?'],
    ['severityText > 5', 0, 'these do not go together: string > int', undefined],
    ['attributes.a = 1', 13, '"=" has no meaning here', 'CEL writes =='],
    ['attributes.a > 1 and attributes.b > 2', 17, '"and" has no meaning here', 'CEL writes &&'],
    ['attributes.a > 1 &&', 19, 'the condition ends too early', undefined],
    ['attributes.in == 1', 11, 'Expected IDENTIFIER, got IN', 'write a name like this in brackets: ["in"]'],
    ['severityNumber', 0, 'this gives a value of type int, not true or false', undefined],
    ['', 0, 'the condition is empty', undefined],
    ['has(attributes["x"])', 4, 'has() takes a field', 'has(attributes.name), or "name" in attributes'],
    ['body.matches("(a")', 13, 'the pattern "(a" cannot be used: Unterminated group (at character 2)', undefined],
    [
      'body.matches(attributes.p)',
      13,
      'matches() takes a pattern in quotes',
      'patterns are checked before anything runs',
    ],
    [
      'time - observedTime > duration("soon")',
      22,
      '"soon" is not a duration',
      'write a number with a unit: 250ms, 30s, 5m, 1h30m, 7d',
    ],
    [
      '(time - observedTime).getHours() > 1',
      1,
      'getHours() is for instants',
      'compare a span of time with duration("5m")',
    ],
    ['time.getHours("Europe/Prague") < 6', 0, 'getHours() takes no time zone: it is UTC', undefined],
    ['{"a": 1}.a == 1', 0, 'a condition cannot contain a map', undefined],
    ['type(body) == string', 0, 'the function type() is not there in conditions', undefined],
  ])('%s', (condition, offset, message, suggestion) => {
    expect(checkCondition(condition)).toEqual({
      message,
      offset: offset,
      ...(condition === '' ? {} : { length: expect.any(Number) }),
      ...(suggestion === undefined ? {} : { suggestion }),
    })
  })

  it('has nothing against a good condition', () => {
    expect(checkCondition('attributes.http.response.status_code >= 500')).toBeUndefined()
  })
})

describe('compileExpression', () => {
  it.each([
    ['attributes.bytes / 1024', 1200 / 1024],
    ['"user " + attributes.user.name', 'user ann'],
    ['attributes.user', { name: 'ann', roles: ['admin', 'dev'] }],
    ['has(attributes.nope) ? attributes.nope : "none"', 'none'],
    ['attributes["url.path"].substring(1).upperAscii()', 'CART'],
    ['[attributes.code, severityNumber]', ['404', 17]],
    ['severityNumber >= 17', true],
    ['time', Date.UTC(2024, 4, 1, 12)],
    ['attributes.nope', undefined],
    ['attributes.nope + 1', undefined],
    ['attributes.user.name.size() * attributes.url.path', undefined],
  ])('%s', (expression, value) => {
    expect(compileExpression(expression)(record())).toEqual(value)
  })

  it('says what is wrong, as for conditions', () => {
    expect(checkExpression('attributes.bytes / 1024')).toBeUndefined()
    expect(checkExpression('attribute.bytes')).toMatchObject({ suggestion: 'did you mean attributes?' })
    expect(checkExpression('prod')).toMatchObject({ suggestion: `did you mean attributes.prod, or the text '"prod"'?` })
    expect(checkExpression(' ')).toEqual({ message: 'the expression is empty', offset: 0 })
    expect(() => compileExpression('1 +')).toThrow(expect.objectContaining({ code: 'WEIR_EXPRESSION_INVALID' }))
  })
})
