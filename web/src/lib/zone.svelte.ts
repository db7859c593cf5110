// In which zone times are shown: the browser's own, UTC, or any of the IANA names.
import { isZone } from './time';
import { store, stored } from './stored';

export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const ZONES = [...new Set([OWN_ZONE, 'UTC', 'Asia/Shanghai', 'Europe/Berlin', 'America/New_York'])];

class ZoneChoice {
  #zone = $state(known(stored('zone')));

  get current() {
    return this.#zone;
  }
  set current(zone: string) {
    this.#zone = known(zone);
    store('zone', this.#zone);
  }
}

function known(zone: string | null) {
  return zone && isZone(zone) ? zone : OWN_ZONE;
}

export const zone = new ZoneChoice();
