import type { Buffer } from 'node:buffer'
import { isIP } from 'node:net'
import { type AttributeValue, messageOf, WeirError } from '@weir/sdk'
import { type AsnResponse, type CityResponse, Reader } from 'mmdb-lib'
import type { Found, Lookup } from './lookup.ts'

/**
 * A database in MaxMind's format (MMDB) of cities, countries or autonomous systems, as a lookup by IP address.
 * @throws WeirError `WEIR_ENRICH_DATABASE`
 */
export function readGeoDatabase(bytes: Buffer, path: string): Lookup {
  let reader: Reader<CityResponse & Partial<AsnResponse>>
  try {
    reader = new Reader(bytes)
  } catch (error) {
    throw new WeirError(`${path} is no MMDB database: ${messageOf(error)}`, {
      code: 'WEIR_ENRICH_DATABASE',
      cause: error,
      hint: 'GeoLite2 and others come as .mmdb files',
    })
  }
  return {
    find(text) {
      if (isIP(text) === 0) return []
      const found = reader.get(text)
      return found === null ? [] : attributesOf(found)
    },
  }
}

function attributesOf(found: CityResponse & Partial<AsnResponse>): Found {
  const { continent, country, subdivisions: [region] = [], city, postal, location } = found
  const regionCode =
    country?.iso_code === undefined || region?.iso_code === undefined
      ? undefined
      : `${country.iso_code}-${region.iso_code}`
  const entries: [string, AttributeValue | undefined][] = [
    ['geo.continent.code', continent?.code],
    ['geo.country.iso_code', country?.iso_code],
    ['geo.country.name', country?.names?.en],
    ['geo.region.iso_code', regionCode],
    ['geo.region.name', region?.names?.en],
    ['geo.locality.name', city?.names?.en],
    ['geo.postal_code', postal?.code],
    ['geo.location.lat', location?.latitude],
    ['geo.location.lon', location?.longitude],
    ['geo.timezone', location?.time_zone],
    ['as.number', found.autonomous_system_number],
    ['as.organization.name', found.autonomous_system_organization],
  ]
  return entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}
