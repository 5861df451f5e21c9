"""The C interface of the librdkafka that lies inside the wheel of confluent-kafka, for events in bulk.

The Python client makes an object and a call for every event. The library itself takes an array of messages
and gives its reports back as an array of pointers: both are numpy arrays here, nothing is done per event.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from ctypes import POINTER, Structure, c_char_p, c_int, c_int32, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import confluent_kafka
import numpy as np
import numpy.typing as npt

from loadgen.draws import Ints

# struct rd_kafka_message_s, as the library's header declares it; its order has never changed.
_OFFSETS = {
    "err": 0, "partition": 16, "payload": 24, "len": 32, "key": 40, "key_len": 48, "offset": 56, "opaque": 64,
}  # fmt: skip
_FORMATS = ["<i4", "<i4", "<u8", "<u8", "<u8", "<u8", "<i8", "<i8"]
MESSAGE = np.dtype(
    {"names": list(_OFFSETS), "formats": _FORMATS, "offsets": list(_OFFSETS.values()), "itemsize": 72}
)
Messages = npt.NDArray[np.void]

ANY_PARTITION = -1
_COPY = 2
_PRODUCER = 0
_DELIVERY_REPORT, _ERROR = 1, 8
_PURGE_QUEUE, _PURGE_INFLIGHT = 1, 2
_MOST_REPORTS = 16_384  # taken at a time
_MOST_EVENTS = 256


class Unusable(Exception):
    """This machine's librdkafka cannot be called; the message says why."""


class Refused(ValueError):
    """The library refuses a setting, or could not do what was asked."""


class _Partition(Structure):
    _fields_ = [
        ("id", c_int32), ("err", c_int), ("leader", c_int32), ("replicas", c_int), ("replica", c_void_p),
        ("isrs", c_int), ("isr", c_void_p),
    ]  # fmt: skip


class _Topic(Structure):
    _fields_ = [
        ("name", c_char_p), ("count", c_int), ("partitions", POINTER(_Partition)), ("err", c_int),
    ]  # fmt: skip


class _Metadata(Structure):
    _fields_ = [
        ("brokers", c_int), ("broker", c_void_p), ("count", c_int), ("topics", POINTER(_Topic)),
        ("origin", c_int32), ("origin_name", c_char_p),
    ]  # fmt: skip


# What may wait lets other threads run meanwhile; what is over at once is called without letting go.
_WAITING = {
    "rd_kafka_new": (c_void_p, (c_int, c_void_p, c_char_p, c_size_t)),
    "rd_kafka_destroy": (None, (c_void_p,)),
    "rd_kafka_queue_poll": (c_void_p, (c_void_p, c_int)),
    "rd_kafka_produce_batch": (c_int, (c_void_p, c_int32, c_int, c_void_p, c_int)),
    "rd_kafka_metadata": (c_int, (c_void_p, c_int, c_void_p, POINTER(POINTER(_Metadata)), c_int)),
}
_AT_ONCE = {
    "rd_kafka_version": (c_int, ()),
    "rd_kafka_version_str": (c_char_p, ()),
    "rd_kafka_err2str": (c_char_p, (c_int,)),
    "rd_kafka_conf_new": (c_void_p, ()),
    "rd_kafka_conf_set": (c_int, (c_void_p, c_char_p, c_char_p, c_char_p, c_size_t)),
    "rd_kafka_conf_set_events": (None, (c_void_p, c_int)),
    "rd_kafka_conf_destroy": (None, (c_void_p,)),
    "rd_kafka_queue_get_main": (c_void_p, (c_void_p,)),
    "rd_kafka_queue_destroy": (None, (c_void_p,)),
    "rd_kafka_topic_new": (c_void_p, (c_void_p, c_char_p, c_void_p)),
    "rd_kafka_topic_destroy": (None, (c_void_p,)),
    "rd_kafka_metadata_destroy": (None, (POINTER(_Metadata),)),
    "rd_kafka_purge": (c_int, (c_void_p, c_int)),
    "rd_kafka_fatal_error": (c_int, (c_void_p, c_char_p, c_size_t)),
    "rd_kafka_test_fatal_error": (c_int, (c_void_p, c_int, c_char_p)),
    "rd_kafka_event_type": (c_int, (c_void_p,)),
    "rd_kafka_event_error": (c_int, (c_void_p,)),
    "rd_kafka_event_error_string": (c_char_p, (c_void_p,)),
    "rd_kafka_event_message_array": (c_size_t, (c_void_p, c_void_p, c_size_t)),
    "rd_kafka_event_destroy": (None, (c_void_p,)),
}


class _Library:
    def __init__(self, path: Path) -> None:
        try:
            waiting, at_once = ctypes.CDLL(str(path)), ctypes.PyDLL(str(path))
            for library, table in ((waiting, _WAITING), (at_once, _AT_ONCE)):
                for name, (result, arguments) in table.items():
                    function = getattr(library, name)
                    function.restype, function.argtypes = result, list(arguments)
                    setattr(self, name.removeprefix("rd_kafka_"), function)
        except (OSError, AttributeError) as error:
            raise Unusable(f"{path.name} cannot be called: {error}") from error

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)  # only what the tables name


@cache
def library() -> _Library:
    """The one that the Python client uses as well, so that both are the same version."""
    if ctypes.sizeof(c_void_p) != 8 or np.dtype("=i4") != np.dtype("<i4"):
        raise Unusable("messages are laid out for 64-bit little-endian machines only")
    package = Path(confluent_kafka.__file__).parent
    beside = (package.parent / "confluent_kafka.libs", package / ".dylibs")
    found = [path for folder in beside for path in sorted(folder.glob("librdkafka*")) if path.is_file()]
    if not found:
        raise Unusable(f"no librdkafka lies beside {package}: it was not installed from a wheel")
    return _Library(found[0])


class _AllMemory:
    """This process's memory as 64-bit words from address 8 on: reports are read where they lie."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return {"shape": (1 << 45,), "typestr": "<i8", "data": (8, True), "version": 3}


_WORDS: Ints = np.asarray(_AllMemory())


def _column(addresses: Ints, name: str) -> Ints:
    """A field of every message; a field of 32 bits is the lower half of its word."""
    words: Ints = _WORDS[(addresses + (_OFFSETS[name] - 8)) >> 3]
    return words.astype(np.int32).astype(np.int64) if name in ("err", "partition") else words


class Client:
    """A producer for one topic."""

    def __init__(self, topic: str, options: Mapping[str, Any], complain: Callable[[int, str], None]) -> None:
        self._lib = library()
        self._complain = complain
        self._client = self._open(options)
        self._queue = self._lib.queue_get_main(self._client)
        self._topic = self._lib.topic_new(self._client, topic.encode(), None)
        self._pointers = np.zeros(_MOST_REPORTS, dtype=np.int64)
        self._event: int | None = None  # read in part
        self.version = self._lib.version_str().decode()

    def _open(self, options: Mapping[str, Any]) -> Any:
        why = ctypes.create_string_buffer(512)
        conf = self._lib.conf_new()
        for name, value in options.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            if self._lib.conf_set(conf, name.encode(), text.encode(), why, len(why)):
                self._lib.conf_destroy(conf)
                raise Refused(why.value.decode())
        self._lib.conf_set_events(conf, _DELIVERY_REPORT | _ERROR)
        client = self._lib.new(_PRODUCER, conf, why, len(why))
        if not client:
            self._lib.conf_destroy(conf)
            raise Refused(why.value.decode())
        return client

    def leaders(self, within_s: float) -> list[int]:
        """The leader of each partition, -1 for none; Refused if the topic is not known."""
        found = POINTER(_Metadata)()
        arguments = (self._client, 0, self._topic, ctypes.byref(found), int(within_s * 1_000))
        if code := self._lib.metadata(*arguments):
            raise Refused(self.text(code))
        try:
            topic = found.contents.topics[0]
            if topic.err:
                raise Refused(self.text(topic.err))
            return [topic.partitions[n].leader for n in range(topic.count)]
        finally:
            self._lib.metadata_destroy(found)

    def produce(self, messages: Messages) -> int:
        """How many were taken over, bytes included; of each other one `err` says why it was refused."""
        arguments = (self._topic, ANY_PARTITION, _COPY, messages.ctypes.data, len(messages))
        return int(self._lib.produce_batch(*arguments))

    def reports(self, seconds: float) -> tuple[Ints, Ints, Ints, Ints]:
        """(opaque, error, partition, offset) of what was settled; waits only while there is nothing."""
        spent: list[int] = []
        count = 0
        while count < _MOST_REPORTS and len(spent) < _MOST_EVENTS:
            if self._event is None:
                wait_ms = 0 if spent else int(seconds * 1_000)
                self._event = self._lib.queue_poll(self._queue, wait_ms)
            if self._event is None:
                break
            count += self._pointers_of(self._event, count)
            if count < _MOST_REPORTS:
                spent.append(self._event)
                self._event = None  # otherwise there may be more in it
        addresses = self._pointers[:count]
        opaque, error, partition, offset = (
            _column(addresses, name) for name in ("opaque", "err", "partition", "offset")
        )
        for event in spent:
            self._lib.event_destroy(event)  # and with it the messages that were just read
        return opaque, error, partition, offset

    def _pointers_of(self, event: int, count: int) -> int:
        if self._lib.event_type(event) == _ERROR:
            code = self._lib.event_error(event)
            self._complain(code, self._lib.event_error_string(event).decode())
            return 0
        at = self._pointers.ctypes.data + count * 8
        return int(self._lib.event_message_array(event, at, _MOST_REPORTS - count))

    def purge(self, in_flight: bool = True) -> None:
        self._lib.purge(self._client, _PURGE_QUEUE | (_PURGE_INFLIGHT if in_flight else 0))

    def fatal(self) -> tuple[int, str]:
        """Why the client takes nothing any more; 0 if it does."""
        why = ctypes.create_string_buffer(512)
        code = int(self._lib.fatal_error(self._client, why, len(why)))
        return code, why.value.decode(errors="replace")

    def fail_for_good(self, code: int, why: str) -> None:
        """As if it had met a fatal error; for tests."""
        self._lib.test_fatal_error(self._client, code, why.encode())

    def close(self) -> None:
        self._lib.topic_destroy(self._topic)
        self._lib.queue_destroy(self._queue)
        self._lib.destroy(self._client)

    def text(self, code: int) -> str:
        return str(self._lib.err2str(code).decode())
