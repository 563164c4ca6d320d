import { defineParser, severityOf, Type } from '@weir/sdk'

export default defineParser({
  type: 'my_plugin',
  description: 'Lines such as level|user|message',
  config: Type.Object({
    separator: Type.String({ description: 'What stands between two fields', default: '|', minLength: 1 }),
  }),
  create({ config }) {
    const fieldsOf = (line: string) => line.split(config.separator)
    return {
      parse(line, record) {
        const [level, user, message, ...rest] = fieldsOf(line)
        if (level === undefined || user === undefined || message === undefined || rest.length > 0) return false // not mine
        record.severityNumber = severityOf(level)
        record.severityText = level
        record.attributes.set('user.name', user)
        record.body = message
        return true
      },
      // Lets it take part in `parser: auto`: how sure it is that these lines are its own, 0 to 1.
      sniff: (lines) => (lines.length > 0 && lines.every((line) => fieldsOf(line).length === 3) ? 0.8 : 0),
    }
  },
})
