"""Features of a flight that are known when the timetable is: pure functions of columns."""

import numpy as np


def weekday(time_hour):
    """0 for Monday to 6 for Sunday, in New York's winter time."""
    local = time_hour - np.timedelta64(5, "h")
    return ((local.astype("datetime64[D]").astype(int) + 3) % 7).astype(float)


def minutes_in_the_air(sched_dep_time, sched_arr_time):
    """Scheduled time between departure and arrival, on the clocks of the two places."""
    minutes = [hours // 100 * 60 + hours % 100 for hours in (sched_dep_time, sched_arr_time)]
    return (minutes[1] - minutes[0]) % (24 * 60)
