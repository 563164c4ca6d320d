import type { ASTNode } from '@marcbachmann/cel-js'
import { type AttributeValue, fieldReader, isWeirError, messageOf, type Record, rootFields } from '@weir/sdk'
import { at, functions, itemsOf, known, methods, numberOf, operators, type Value } from './condition-functions.ts'
import { compilePattern } from './pattern.ts'

/** Computes one part of a condition for a record. */
export type Evaluate = (record: Record) => Value

/** Says that a part of a condition cannot be compiled. */
export class ConditionRefusal extends Error {
  readonly node: Pick<ASTNode, 'start' | 'end'>
  readonly hint: string | undefined

  constructor(message: string, node: Pick<ASTNode, 'start' | 'end'>, hint?: string) {
    super(message)
    this.node = node
    this.hint = hint
  }
}

/** The variables of the macros around a node; each holds the element that its macro has come to. */
type Scope = ReadonlyMap<string, { value: Value }>

const roots: readonly string[] = rootFields
const instants: readonly string[] = ['time', 'observedTime']
const macros: readonly string[] = ['all', 'exists', 'exists_one', 'filter', 'map']
/** Every function that a condition can use, for suggestions. */
export const functionNames: readonly string[] = [
  ...Object.keys(functions),
  ...Object.keys(methods),
  'has',
  'matches',
  ...macros,
]

/**
 * Compiles a type-checked CEL expression to closures. Numbers are JavaScript's; `undefined` stands for what CEL would
 * raise an error for, and makes any comparison false.
 * @throws ConditionRefusal for what the closures do not cover
 */
export function compileNode(node: ASTNode, scope: Scope = new Map()): Evaluate {
  const compile = (other: ASTNode) => compileNode(other, scope)
  const path = pathOf(node, scope)
  if (path !== undefined) return pathReader(path)
  switch (node.op) {
    case 'value': {
      const value = literal(node)
      return () => value
    }
    case 'id': {
      const variable = scope.get(node.args)
      if (variable === undefined) throw new ConditionRefusal(`${node.args} has no meaning in a condition`, node)
      return () => variable.value
    }
    case 'list': {
      const items = node.args.map(compile)
      const values = node.args.every(({ op }) => op === 'value') ? node.args.map(literal) : undefined
      return values === undefined ? (record) => items.map((item) => item(record) ?? null) : () => values
    }
    case '.': {
      const [object, key] = [compile(node.args[0]), node.args[1]]
      return (record) => at(object(record), key)
    }
    case '&&': {
      const [left, right] = [compile(node.args[0]), compile(node.args[1])]
      return (record) => left(record) === true && right(record) === true
    }
    case '||': {
      const [left, right] = [compile(node.args[0]), compile(node.args[1])]
      return (record) => left(record) === true || right(record) === true
    }
    case '!_': {
      const operand = compile(node.args)
      return (record) => operand(record) !== true
    }
    case '-_': {
      const operand = compile(node.args)
      return (record) => known(-numberOf(operand(record)))
    }
    case '?:': {
      const [condition, yes, no] = [compile(node.args[0]), compile(node.args[1]), compile(node.args[2])]
      return (record) => (condition(record) === true ? yes(record) : no(record))
    }
    case 'call':
      return call(node, node.args[0], node.args[1], scope)
    case 'rcall':
      return methodCall(node, node.args[0], node.args[1], node.args[2], scope)
    case 'map':
    case '.?':
    case '[?]':
      throw new ConditionRefusal('a condition cannot contain a map', node)
    default:
      return binary(node.op, compile(node.args[0]), compile(node.args[1]), node.args)
  }
}

function binary(
  operator: string,
  left: Evaluate,
  right: Evaluate,
  [leftNode, rightNode]: readonly [ASTNode, ASTNode],
): Evaluate {
  // A field that is missing is null, but equals nothing else.
  if ((operator === '==' || operator === '!=') && (isNull(leftNode) || isNull(rightNode))) {
    const other = isNull(rightNode) ? left : right
    return (record) => ((other(record) ?? null) === null) === (operator === '==')
  }
  const apply = operators[operator] ?? (() => undefined)
  return (record) => apply(left(record), right(record))
}

const isNull = (node: ASTNode): boolean => node.op === 'value' && node.args === null

/** The dotted path that a chain of members is, if it begins at a field of the record: flat and nested keys read alike. */
function pathOf(node: ASTNode, scope: Scope): string | undefined {
  if (node.op === 'id') return roots.includes(node.args) && !scope.has(node.args) ? node.args : undefined
  if (node.op === '.') return joined(pathOf(node.args[0], scope), node.args[1])
  if (node.op !== '[]' || node.args[1].op !== 'value') return undefined
  const key = node.args[1].args
  return typeof key === 'string' && key !== '' ? joined(pathOf(node.args[0], scope), key) : undefined
}

const joined = (path: string | undefined, key: string) => (path === undefined ? undefined : `${path}.${key}`)

function pathReader(path: string): Evaluate {
  const read = fieldReader(path)
  return instants.includes(path) ? (record) => known(numberOf(read(record))) : read
}

function literal(node: ASTNode): AttributeValue {
  const value = node.op === 'value' ? node.args : null
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array)
    throw new ConditionRefusal('a condition cannot contain bytes', node, 'write a text: "…"')
  return Number(value.valueOf())
}

function call(node: ASTNode, name: string, args: readonly ASTNode[], scope: Scope): Evaluate {
  const values = args.map((argument) => compileNode(argument, scope))
  const [first = () => undefined] = values
  if (name === 'has') return (record) => first(record) !== undefined
  const apply = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (apply === undefined) throw new ConditionRefusal(`the function ${name}() is not there in conditions`, node)
  if (!args.every(({ op }) => op === 'value'))
    return (record) => attempt(() => apply(...values.map((value) => value(record))))
  try {
    const result = apply(...args.map(literal))
    if (result === undefined) throw new ConditionRefusal(`${name}() cannot read this`, node)
    return () => result
  } catch (error) {
    if (!isWeirError(error)) throw error
    throw new ConditionRefusal(messageOf(error), node, error.hint)
  }
}

/** A function that does not understand what a record holds gives nothing. */
function attempt(apply: () => Value): Value {
  try {
    return apply()
  } catch {
    return undefined
  }
}

function methodCall(node: ASTNode, name: string, receiver: ASTNode, args: readonly ASTNode[], scope: Scope): Evaluate {
  const [first, second] = args
  if (name === 'matches' && first !== undefined) return matching(compileNode(receiver, scope), first)
  if (macros.includes(name) && first?.op === 'id')
    return macro(name, compileNode(receiver, scope), first.args, args.slice(1), scope)
  const apply = Object.hasOwn(methods, name) ? methods[name] : undefined
  const isTime = name.startsWith('get')
  if (apply === undefined || (isTime && first !== undefined)) {
    throw new ConditionRefusal(
      isTime ? `${name}() takes no time zone: it is UTC` : `the function ${name}() is not there in conditions`,
      node,
    )
  }
  if (isTime && String(Reflect.get(receiver, 'checkedType')).endsWith('Duration')) {
    throw new ConditionRefusal(`${name}() is for instants`, node, 'compare a span of time with duration("5m")')
  }
  const object = compileNode(receiver, scope)
  if (first === undefined) return (record) => apply(object(record))
  const one = compileNode(first, scope)
  if (second === undefined) return (record) => apply(object(record), one(record))
  const other = compileNode(second, scope)
  return (record) => apply(object(record), one(record), other(record))
}

function matching(text: Evaluate, node: ASTNode): Evaluate {
  if (node.op !== 'value' || typeof node.args !== 'string') {
    throw new ConditionRefusal('matches() takes a pattern in quotes', node, 'patterns are checked before anything runs')
  }
  try {
    const pattern = compilePattern(node.args)
    return (record) => {
      const value = text(record)
      return typeof value === 'string' && pattern.test(value)
    }
  } catch (error) {
    if (!isWeirError(error)) throw error
    throw new ConditionRefusal(error.message, node, error.hint)
  }
}

/** `exists(x, …)` and its like: the body is compiled once, and reads the element from the scope. */
function macro(
  name: string,
  collection: Evaluate,
  variable: string,
  bodies: readonly ASTNode[],
  scope: Scope,
): Evaluate {
  const cell: { value: Value } = { value: undefined }
  const inner = new Map(scope).set(variable, cell)
  const [body = () => undefined, transform] = bodies.map((node) => compileNode(node, inner))
  const isTrue = (record: Record) => (item: AttributeValue) => {
    cell.value = item
    return body(record) === true
  }
  const mapped = (record: Record, evaluate: Evaluate) => (item: AttributeValue) => {
    cell.value = item
    return evaluate(record) ?? null
  }
  return (record) => {
    const items = itemsOf(collection(record))
    if (items === undefined) return undefined
    if (name === 'exists') return items.some(isTrue(record))
    if (name === 'all') return items.every(isTrue(record))
    if (name === 'map' && transform === undefined) return items.map(mapped(record, body))
    const kept = items.filter(isTrue(record))
    return name === 'exists_one'
      ? kept.length === 1
      : transform === undefined
        ? kept
        : kept.map(mapped(record, transform))
  }
}
