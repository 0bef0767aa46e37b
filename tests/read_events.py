"""Reads the event files of a folder with TensorBoard's own reader, and prints the scalars as JSON.

pip install tensorboard
python tests/read_events.py FOLDER
"""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
scalars = {
    tag: [[event.step, event.value if event.value == event.value else None, event.wall_time] for event in events.Scalars(tag)]
    for tag in events.Tags()["scalars"]
}
print(json.dumps(scalars))
