#!/usr/bin/env python3
"""Book a room from Python, through ctypes alone: no compiler, no binding.

The library is build/librota.so, or what ROTA_LIBRARY names.
"""
import ctypes as c
import os
import sys

rota = c.CDLL(os.environ.get("ROTA_LIBRARY", "build/librota.so"))
rota.rota_errmsg.restype = c.c_char_p
rota.rota_errmsg.argtypes = [c.c_void_p]
rota.rota_status_name.restype = c.c_char_p
rota.rota_close.argtypes = [c.c_void_p]
rota.rota_close.restype = None

CONFLICT = -1


class Id(c.Structure):
    _fields_ = [("b", c.c_uint8 * 16)]


class Span(c.Structure):
    _fields_ = [("start", c.c_int64), ("end", c.c_int64)]


class Claim(c.Structure):
    _fields_ = [("resource", Id), ("units", c.c_int32), ("role", c.c_int32),
                ("flags", c.c_uint32), ("reserved", c.c_uint32)]


class Record(c.Structure):
    """A record says its size, and is zero otherwise."""

    def __init__(self, **fields):
        super().__init__(size=c.sizeof(type(self)), **fields)


class ResourceRequest(Record):
    _fields_ = [("size", c.c_uint32), ("set", c.c_uint32), ("ref", c.c_char_p),
                ("kind", c.c_char_p), ("name", c.c_char_p), ("zone", c.c_char_p),
                ("data", c.c_char_p), ("tags", c.POINTER(c.c_char_p)), ("tag_count", c.c_int64),
                ("parent", Id), ("capacity", c.c_int32), ("before", c.c_int32),
                ("after", c.c_int32), ("active", c.c_int32)]


class BookingRequest(Record):
    _fields_ = [("size", c.c_uint32), ("set", c.c_uint32), ("when", Span),
                ("claims", c.POINTER(Claim)), ("claim_count", c.c_int64), ("title", c.c_char_p),
                ("ref", c.c_char_p), ("data", c.c_char_p), ("flags", c.c_uint32),
                ("hold_secs", c.c_int32), ("priority", c.c_int32), ("on_conflict", c.c_int32)]


class Receipt(Record):
    _fields_ = [("size", c.c_uint32), ("flags", c.c_uint32), ("id", Id), ("version", c.c_int64),
                ("when", Span), ("hold_expires", c.c_int64), ("status", c.c_int32),
                ("cancelled", c.c_int32)]


def well(handle, status):
    if status != 0:
        sys.exit(f"book_a_room: {rota.rota_errmsg(handle).decode()}")


def instant(handle, text):
    t = c.c_int64()
    well(handle, rota.rota_time_parse(handle, text, b"Asia/Kolkata", c.byref(t)))
    return t.value


def book(handle, room, title, start, end):
    claim = Claim(resource=room, units=1)
    request = BookingRequest(when=Span(instant(handle, start), instant(handle, end)),
                             claims=c.pointer(claim), claim_count=1, title=title)
    status = rota.rota_booking_create(handle, None, c.byref(request), c.byref(Receipt()))
    print(f"{title.decode()}: {'booked' if status == 0 else rota.rota_errmsg(handle).decode()}")
    return status


def main():
    handle = c.c_void_p()
    well(handle, rota.rota_open(b":memory:", None, c.byref(handle)))

    request, receipt = ResourceRequest(kind=b"room", name=b"Lotus"), Receipt()
    well(handle, rota.rota_resource_create(handle, None, c.byref(request), c.byref(receipt)))

    room = receipt.id
    first = book(handle, room, b"Planning", b"2031-03-10T10:00", b"2031-03-10T11:00")
    second = book(handle, room, b"Review", b"2031-03-10T10:30", b"2031-03-10T11:30")
    third = book(handle, room, b"Review", b"2031-03-10T11:00", b"2031-03-10T12:00")
    rota.rota_close(handle)
    return 0 if (first, second, third) == (0, CONFLICT, 0) else 1


if __name__ == "__main__":
    sys.exit(main())
