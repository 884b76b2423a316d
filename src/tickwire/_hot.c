/* The hot path compiled: `_pure.py` is the same in Python, and says what each name means.
 *
 * An event holds its message. The first read of a field walks over the whole text once and checks
 * its syntax (structure, escapes, the grammar of numbers, UTF-8) and that every field is there.
 * Where each one lies is noted; a value is made when it is read, a number by decimal.Decimal from
 * its text.
 *
 * Why no walk leaves its text: every text is a bytes object, and those end in a NUL that belongs to
 * them. No step passes a byte before it was seen to be something else than NUL, and nothing that is
 * accepted holds one. What was walked over once does not change, since bytes do not; so what was
 * noted of it stays true as long as the view holds it.
 *
 * Why there are no cycles: a view leads to a message, its stream and what was made of its text. It
 * leads to its parts and never the other way round: what both need to tell once that something
 * cannot be read is a `Once`. So the garbage collector is told of none of them.
 *
 * All that changes belongs to the module's state or to objects; several interpreters may have it.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned char byte;

typedef struct {
  PyTypeObject *source, *layout, *once, *view, *event, *parts, *field, *routed, *recogniser;
  PyObject *decimal, *decimal_of, *decode, *protocol_error;
} State;

static struct PyModuleDef definition; /* at the end */

/* Types and what is made of them keep their module, and with it its state, alive. */
static State *state_of(PyTypeObject *type) {
  PyObject *module = PyType_GetModuleByDef(type, &definition);
  return module ? PyModule_GetState(module) : NULL;
}

static void free_object(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

/* --- a walk over JSON -------------------------------------------------------------------------- */
/* Each step is given where it begins and gives where it ends, or NULL if there is no such thing. */

/* In a string: neither quote, backslash, control character nor beyond ASCII. */
#define R16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
static const byte is_plain[256] = {
    R16(0), R16(0), 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    R16(1), R16(1), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
    R16(1), R16(1), R16(0), R16(0), R16(0), R16(0), R16(0), R16(0), R16(0), R16(0)};

static const byte *blank(const byte *at) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
  return at;
}

static const byte *beyond_ascii(const byte *at) {
  byte first = *at++, low = 0x80, high = 0xBF;
  int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4) return NULL;
  if (first == 0xE0) low = 0xA0;  /* no longer than it must be */
  if (first == 0xED) high = 0x9F; /* no surrogate */
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F; /* no code point above the last */
  for (; more; more--, at++, low = 0x80, high = 0xBF)
    if (*at < low || *at > high) return NULL;
  return at;
}

/* The four digits behind `\u`, and their value. */
static const byte *hexadecimal(const byte *at, unsigned *value) {
  *value = 0;
  for (int digit = 0; digit < 4; digit++, at++) {
    unsigned each = *at;
    if (each >= '0' && each <= '9')
      each -= '0';
    else if ((each | 0x20) >= 'a' && (each | 0x20) <= 'f')
      each = (each | 0x20) - 'a' + 10;
    else
      return NULL;
    *value = *value << 4 | each;
  }
  return at;
}

/* From behind the backslash. One surrogate without the other is no text. */
static const byte *escape(const byte *at) {
  unsigned value;
  switch (*at) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
      return at + 1;
    case 'u':
      if (!(at = hexadecimal(at + 1, &value))) return NULL;
      if (value < 0xD800 || value > 0xDFFF) return at;
      if (value > 0xDBFF || at[0] != '\\' || at[1] != 'u') return NULL;
      if (!(at = hexadecimal(at + 2, &value))) return NULL;
      return value < 0xDC00 || value > 0xDFFF ? NULL : at;
  }
  return NULL;
}

/* From behind the opening quote to behind the closing one. */
static const byte *string(const byte *at) {
  for (;;) {
    while (is_plain[*at]) at++;
    if (*at == '"') return at + 1;
    if (*at >= 0x80)
      at = beyond_ascii(at);
    else if (*at == '\\')
      at = escape(at + 1);
    else
      return NULL;
    if (at == NULL) return NULL;
  }
}

static int is_digit(byte each) { return each >= '0' && each <= '9'; }

static const byte *digits(const byte *at) {
  if (!is_digit(*at)) return NULL;
  while (is_digit(*at)) at++;
  return at;
}

static const byte *number(const byte *at) {
  at += *at == '-';
  if (*at == '0')
    at++;
  else if (!(at = digits(at)))
    return NULL;
  if (*at == '.' && !(at = digits(at + 1))) return NULL;
  if (*at == 'e' || *at == 'E') {
    at++;
    at += *at == '-' || *at == '+';
    at = digits(at);
  }
  return at;
}

static const byte *value(const byte *at);

static const byte *members(const byte *at) {
  byte open = *at, close = open == '{' ? '}' : ']';
  at = blank(at + 1);
  if (*at == close) return at + 1;
  for (;;) {
    if (open == '{') {
      if (*at != '"' || !(at = string(at + 1))) return NULL;
      at = blank(at);
      if (*at != ':') return NULL;
      at = blank(at + 1);
    }
    if (!(at = value(at))) return NULL;
    at = blank(at);
    if (*at == close) return at + 1;
    if (*at != ',') return NULL;
    at = blank(at + 1);
  }
}

/* As deep as Python itself goes; beyond that, a RecursionError is set beside the NULL. */
static const byte *value(const byte *at) {
  switch (*at) {
    case '"':
      return string(at + 1);
    case 't':
      return strncmp((const char *)at, "true", 4) ? NULL : at + 4;
    case 'f':
      return strncmp((const char *)at, "false", 5) ? NULL : at + 5;
    case 'n':
      return strncmp((const char *)at, "null", 4) ? NULL : at + 4;
    case '{':
    case '[':
      if (Py_EnterRecursiveCall(" in a message")) return NULL;
      at = members(at);
      Py_LeaveRecursiveCall();
      return at;
  }
  return number(at);
}

/* A whole number of 64 bits. False if it is another number, or too large. */
static int integer(const byte *at, const byte *end, long long *found) {
  int is_negative = *at == '-';
  unsigned long long sum = 0, most = (unsigned long long)INT64_MAX + is_negative;
  for (at += is_negative; at < end; at++) {
    if (!is_digit(*at)) return 0;
    unsigned each = *at - '0';
    if (sum > (most - each) / 10) return 0;
    sum = sum * 10 + each;
  }
  *found = !is_negative ? (long long)sum : sum ? -(long long)(sum - 1) - 1 : 0;
  return 1;
}

/* --- what there is ------------------------------------------------------------------------------ */

/* What is known of a field of a view: nothing (0), where its text lies (odd), or an object. */
typedef uint64_t Slot;

static Slot span(Py_ssize_t start, Py_ssize_t size) {
  return (uint64_t)start << 32 | (uint64_t)size << 1 | 1;
}
static int is_span(Slot slot) { return slot & 1; }
static Py_ssize_t start_of(Slot slot) { return (Py_ssize_t)(slot >> 32); }
static Py_ssize_t size_of(Slot slot) { return (Py_ssize_t)((slot & 0xFFFFFFFF) >> 1); }
static Slot object(PyObject *object) { return (uint64_t)(uintptr_t)object; }
static PyObject *object_of(Slot slot) {
  return is_span(slot) ? NULL : (PyObject *)(uintptr_t)slot;
}
enum { LONGEST = INT32_MAX }; /* a start has 32 bits and a size 31 */

typedef enum { TEXT, INTEGER, FLAG, ANY, NUMBER, PARTS, OWN, HOWS } How;
static const char *const how_names[HOWS] = {"text",   "integer", "flag", "any",
                                            "number", "parts",   "own"};

/* A field as a layout has it. */
typedef struct {
  char *name; /* on the wire, with the quote behind it; NULL if it is not there */
  Py_ssize_t size;
  byte how, is_optional, is_routed;
} Member;

typedef struct Layout {
  PyObject_HEAD
  State *state;
  PyTypeObject *view;
  struct Layout *parts;
  int count;
  Member *members;     /* by the index of the field */
  unsigned char *next; /* which one comes behind it, as it was the last time; first that of none */
} Layout;

enum { MOST_FIELDS = 250 };

typedef struct {
  PyObject_HEAD
  PyObject *layout, *stream, *wider, *type, *symbol;
} Source;

typedef struct {
  PyObject_HEAD
  PyObject *tell;
} Once;

typedef struct {
  PyObject_HEAD
  Source *source;       /* NULL for a part */
  PyObject *body;       /* bytes; of a part, those of its message */
  PyObject *unreadable; /* who is told that it is, or a Once; NULL: nobody, or no more */
  PyObject *received;
  Slot *slots; /* NULL until it is decoded */
  byte count, is_built, is_handed_over;
} View;

typedef struct {
  PyObject_HEAD
  Layout *layout;
  PyObject *body;
  Once *once;
  PyObject *best, *all;
  Py_ssize_t start;
} Parts;

typedef struct {
  PyObject_HEAD
  State *state;
  PyObject *name;
  PyTypeObject *sequence; /* NULL: a tuple */
  int index;              /* -1 until it is placed */
  byte how, is_optional;
} Field;

static const byte *text_of(PyObject *body) { return (const byte *)PyBytes_AS_STRING(body); }

/* --- errors ------------------------------------------------------------------------------------- */

/* The error that is set, to be looked at, and set again with `PyErr_SetObject`. */
static PyObject *taken_error(void) {
#if PY_VERSION_HEX >= 0x030C0000
  return PyErr_GetRaisedException();
#else
  PyObject *type, *error, *trace;
  PyErr_Fetch(&type, &error, &trace);
  PyErr_NormalizeException(&type, &error, &trace);
  if (trace && error) PyException_SetTraceback(error, trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return error;
#endif
}

static void set_again(PyObject *error) {
  PyErr_SetObject((PyObject *)Py_TYPE(error), error);
  Py_DECREF(error);
}

/* Tell whoever has to know of the ProtocolError that is set; nothing of any other. */
static void report(State *state, PyObject **unreadable) {
  PyObject **place = unreadable, *tell, *error, *told;
  if (!PyErr_ExceptionMatches(state->protocol_error)) return;
  if (*place && Py_IS_TYPE(*place, state->once)) place = &((Once *)*place)->tell;
  if ((tell = *place) == NULL) return;
  *place = NULL;
  error = taken_error();
  told = PyObject_CallOneArg(tell, error);
  Py_DECREF(tell);
  if (told) {
    Py_DECREF(told);
    set_again(error);
  } else {
    Py_DECREF(error);
  }
}

/* Raise ProtocolError(reason, payload); a reason of NULL is an error that is set already. */
static void refuse(State *state, PyObject *reason, PyObject *payload) {
  PyObject *error = NULL;
  if (reason && payload)
    error = PyObject_CallFunctionObjArgs(state->protocol_error, reason, payload, NULL);
  if (error) PyErr_SetObject(state->protocol_error, error);
  Py_XDECREF(error);
  Py_XDECREF(reason);
}

/* --- reading a message -------------------------------------------------------------------------- */

static PyObject *decoded_json(State *state, const byte *start, Py_ssize_t size) {
  PyObject *literal = PyBytes_FromStringAndSize((const char *)start, size), *found;
  if (literal == NULL) return NULL;
  found = PyObject_CallOneArg(state->decode, literal);
  Py_DECREF(literal);
  return found;
}

/* Which field has this name: its index, -1 if none has, -2 for an error. */
static int named(Layout *layout, const byte *name, Py_ssize_t size) {
  PyObject *plain = NULL;
  int found = -1;
  if (memchr(name, '\\', size)) {
    plain = decoded_json(layout->state, name - 1, size + 2);
    name = plain ? (const byte *)PyUnicode_AsUTF8AndSize(plain, &size) : NULL;
    if (name == NULL) {
      Py_XDECREF(plain);
      return -2;
    }
  }
  for (int index = 0; index < layout->count; index++) {
    Member *member = &layout->members[index];
    if (member->name && member->size == size && !memcmp(member->name, name, size)) {
      found = index;
      break;
    }
  }
  Py_XDECREF(plain);
  return found;
}

/* Note what lies there in its slot, if it may; the syntax was checked. */
static int note(Layout *layout, int index, const byte *body, const byte *start, const byte *end,
                Slot *slot) {
  Member *member = &layout->members[index];
  PyObject *old = object_of(*slot), *made;
  long long whole;
  int fits = 1, is_null = *start == 'n';
  *slot = 0;
  Py_XDECREF(old);
  if (!(is_null && member->is_optional)) switch (member->how) {
      case TEXT:
        fits = *start == '"';
        break;
      case INTEGER:
        fits = integer(start, end, &whole);
        break;
      case FLAG:
        fits = *start == 't' || *start == 'f';
        break;
      case ANY:
        if (!(made = decoded_json(layout->state, start, end - start))) return 0;
        *slot = object(made);
        return 1;
    }
  if (fits) *slot = span(start - body, end - start);
  return fits;
}

/* Note where the fields of the object at `at` lie. Gives its end, or NULL, and what is wrong if it
 * is a field. An error may be set beside the NULL. */
static const byte *scan(Layout *layout, PyObject *bytes, const byte *at, Slot *slots,
                        const char **wrong) {
  const byte *body = text_of(bytes), *end = body + PyBytes_GET_SIZE(bytes);
  unsigned char *next = layout->next; /* of the field before: none yet */
  *wrong = NULL;
  if (*at != '{') return NULL;
  at = blank(at + 1);
  if (*at == '}') at++;
  else
    for (;;) {
      const byte *name = at + 1, *start;
      int index = *next;
      Member *member = &layout->members[index];
      if (*at != '"') return NULL;
      /* Members come in the same order each time, so mostly it is the expected one. */
      if (member->name && end - name > member->size &&
          !memcmp(name, member->name, member->size + 1)) {
        at = name + member->size + 1;
      } else {
        if (!(at = string(name))) return NULL;
        index = named(layout, name, at - 1 - name);
        if (index == -2) return NULL;
        if (index >= 0) *next = (unsigned char)index;
      }
      if (*at != ':') {
        at = blank(at);
        if (*at != ':') return NULL;
      }
      start = at = blank(at + 1);
      if (!(at = value(at))) return NULL;
      if (index >= 0) {
        next = &layout->next[index + 1];
        if (!note(layout, index, body, start, at, &slots[index])) {
          *wrong = layout->members[index].name;
          return NULL;
        }
      }
      at = blank(at);
      if (*at == '}') {
        at++;
        break;
      }
      if (*at != ',') return NULL;
      at = blank(at + 1);
    }
  for (int index = 0; index < layout->count; index++) {
    Member *member = &layout->members[index];
    if (!slots[index] && member->name && !member->is_optional) {
      *wrong = member->name;
      return NULL;
    }
  }
  return at;
}

static void free_slots(Slot *slots, int count) {
  if (slots == NULL) return;
  for (int index = 0; index < count; index++) Py_XDECREF(object_of(slots[index]));
  PyMem_Free(slots);
}

/* Why a scan has failed, as a ProtocolError; what is no fault of the text stays as it is. */
static void refuse_scanned(State *state, PyObject *type, const char *wrong, PyObject *payload) {
  if (PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_RecursionError) &&
        !PyErr_ExceptionMatches(PyExc_ValueError))
      return;
    PyErr_Clear();
  }
  if (wrong) {
    int size = (int)(strchr(wrong, '"') - wrong);
    refuse(state, PyUnicode_FromFormat("%S: it has no %.*s, or not such a one", type, size, wrong),
           payload);
  } else {
    refuse(state, PyUnicode_FromFormat("%S: malformed JSON", type), payload);
  }
}

/* Whether the text at the slot is this one: 1, 0, or -1 for an error. */
static int says(State *state, const byte *body, Slot slot, PyObject *text) {
  const byte *start = body + start_of(slot) + 1;
  Py_ssize_t size = size_of(slot) - 2, wanted_size;
  const char *wanted;
  if (!is_span(slot) || !PyUnicode_Check(text)) return 0;
  if (memchr(start, '\\', size)) {
    PyObject *found = decoded_json(state, start - 1, size + 2);
    int same = found ? PyUnicode_Compare(found, text) == 0 : -1;
    Py_XDECREF(found);
    return PyErr_Occurred() ? -1 : same;
  }
  wanted = PyUnicode_AsUTF8AndSize(text, &wanted_size);
  if (wanted == NULL) { /* a lone surrogate, which no message holds */
    PyErr_Clear();
    return 0;
  }
  return size == wanted_size && !memcmp(start, wanted, size);
}

/* Whether a message is of its source, by its type and then its symbol, as far as it has them. */
static int says_its_source(Layout *layout, const byte *body, Slot *slots, Source *source) {
  int same = 1;
  for (int index = 0; same == 1 && index < layout->count && index < 2; index++)
    if (layout->members[index].is_routed && layout->members[index].name)
      same = says(layout->state, body, slots[index], index ? source->symbol : source->type);
  return same;
}

static int decode(View *view) {
  Source *source = view->source;
  Layout *layout = source ? (Layout *)source->layout : NULL;
  PyObject *bytes = view->body;
  const byte *body, *end;
  const char *wrong = NULL;
  Slot *slots;
  int same;
  if (layout == NULL) {
    PyErr_Format(PyExc_TypeError, "%.100s has neither values nor a message to read them from",
                 Py_TYPE(view)->tp_name);
    return -1;
  }
  body = text_of(bytes);
  slots = PyMem_Calloc(layout->count ? layout->count : 1, sizeof *slots);
  if (slots == NULL) return PyErr_NoMemory(), -1;
  end = PyBytes_GET_SIZE(bytes) <= LONGEST ? scan(layout, bytes, blank(body), slots, &wrong) : NULL;
  if (end && blank(end) != body + PyBytes_GET_SIZE(bytes)) end = NULL;
  if (end == NULL) {
    refuse_scanned(layout->state, source->type, wrong, bytes);
  } else if ((same = says_its_source(layout, body, slots, source)) != 1) {
    end = NULL;
    if (same == 0)
      refuse(layout->state,
             PyUnicode_FromFormat("%S: the message names its type or code twice", source->stream),
             bytes);
  }
  if (end == NULL) {
    free_slots(slots, layout->count);
    report(layout->state, &view->unreadable);
    return -1;
  }
  if (view->slots) { /* by another thread meanwhile */
    free_slots(slots, layout->count);
    return 0;
  }
  view->slots = slots;
  view->count = (byte)layout->count;
  return 0;
}

/* --- what users see ----------------------------------------------------------------------------- */

/* As `decimal_of` does it; here for all that are written as they are shown, as nearly all are. */
static PyObject *decimal(Field *field, const byte *start, Py_ssize_t size) {
  enum { SHORT = 40 };
  State *state = field->state;
  PyObject *given, *made;
  if (size <= SHORT && (*start == '-' || is_digit(*start))) {
    char text[SHORT];
    Py_ssize_t length = 0;
    while (length < size && start[length] != 'e' && start[length] != 'E') {
      text[length] = (char)start[length];
      length++;
    }
    if (length == size) {
      given = PyUnicode_New(size, 127);
      if (given == NULL) return NULL;
      memcpy(PyUnicode_1BYTE_DATA(given), text, size);
      made = PyObject_CallOneArg(state->decimal, given);
      Py_DECREF(given);
      return made;
    }
  }
  given = PyBytes_FromStringAndSize((const char *)start, size);
  made = given ? PyObject_CallOneArg(state->decimal_of, given) : NULL;
  if (made == Py_None && !field->is_optional) {
    Py_CLEAR(made);
    refuse(state, PyUnicode_FromFormat("%S is no number: null", field->name), given);
  }
  Py_XDECREF(given);
  return made;
}

/* Where a class has added nothing, there is nothing that could lead back to an object of it. */
static void *untracked(PyTypeObject *type, Py_ssize_t size) {
  PyObject *made = type->tp_alloc(type, 0);
  if (made && type->tp_basicsize == size && !type->tp_dictoffset && PyType_IS_GC(type))
    PyObject_GC_UnTrack(made);
  return made;
}

static View *new_view(PyTypeObject *type, Source *source, PyObject *body) {
  View *view = untracked(type, sizeof(View));
  if (view == NULL) return NULL;
  view->source = (Source *)Py_XNewRef(source);
  view->body = Py_NewRef(body);
  return view;
}

/* The part of a message that the object at `*at` is, and behind it. */
static PyObject *part(Layout *layout, PyObject *body, const byte **at, Once *once) {
  const char *wrong = NULL;
  const byte *end;
  View *view = new_view(layout->view, NULL, body);
  if (view == NULL) return NULL;
  view->unreadable = Py_NewRef(once);
  view->slots = PyMem_Calloc(layout->count + 1, sizeof *view->slots);
  if (view->slots == NULL) {
    PyErr_NoMemory();
    Py_CLEAR(view);
    return NULL;
  }
  view->count = (byte)layout->count;
  end = scan(layout, body, *at, view->slots, &wrong);
  if (end == NULL) {
    PyObject *name = PyType_GetName(layout->view);
    if (name) refuse_scanned(layout->state, name, wrong, body);
    Py_XDECREF(name);
    Py_CLEAR(view);
  }
  *at = end;
  return (PyObject *)view;
}

/* Where the first of the parts begins; NULL if these are none. */
static const byte *first_of(Parts *parts) {
  const byte *at = text_of(parts->body) + parts->start;
  return *at == '[' ? blank(at + 1) : NULL;
}

/* All of them, a borrowed tuple. What was checked when the message was decoded is a list. */
static PyObject *whole(Parts *parts) {
  const byte *at;
  PyObject *found, *all, *each;
  if (parts->all) return parts->all;
  if (parts->layout == NULL) {
    PyErr_SetString(PyExc_TypeError, "parts of nothing");
    return NULL;
  }
  found = PyList_New(0);
  if (found == NULL) return NULL;
  if ((at = first_of(parts)) == NULL) {
    refuse(parts->layout->state, PyUnicode_FromString("expected a list"), parts->body);
    goto failed;
  }
  while (*at != ']') {
    each = part(parts->layout, parts->body, &at, parts->once);
    if (each == NULL) goto failed;
    if (parts->best && PyList_GET_SIZE(found) == 0) Py_SETREF(each, Py_NewRef(parts->best));
    if (PyList_Append(found, each)) {
      Py_DECREF(each);
      goto failed;
    }
    Py_DECREF(each);
    at = blank(at);
    if (*at == ',') at = blank(at + 1);
  }
  all = PyList_AsTuple(found);
  Py_DECREF(found);
  if (parts->all) /* by another thread meanwhile, and somebody may have it */
    Py_XDECREF(all);
  else
    parts->all = all;
  return parts->all;
failed:
  Py_DECREF(found);
  report(parts->layout->state, &parts->once->tell);
  return NULL;
}

static PyObject *parts_whole(PyObject *self, PyObject *none) {
  return Py_XNewRef(whole((Parts *)self));
}

static PyObject *parts_item(PyObject *self, PyObject *index) {
  Parts *parts = (Parts *)self;
  PyObject *all, *best;
  const byte *at;
  if (parts->all == NULL && parts->layout && PyLong_CheckExact(index) &&
      PyObject_Not(index) == 1) {
    if (parts->best) return Py_NewRef(parts->best);
    at = first_of(parts);
    if (at && *at == '{') {
      best = part(parts->layout, parts->body, &at, parts->once);
      if (best == NULL) {
        report(parts->layout->state, &parts->once->tell);
        return NULL;
      }
      Py_XSETREF(parts->best, Py_NewRef(best));
      return best;
    }
  }
  all = whole(parts);
  return all ? PyObject_GetItem(all, index) : NULL;
}

static void parts_free(PyObject *self) {
  Parts *parts = (Parts *)self;
  Py_XDECREF(parts->layout);
  Py_XDECREF(parts->body);
  Py_XDECREF(parts->once);
  Py_XDECREF(parts->best);
  Py_XDECREF(parts->all);
  free_object(self);
}

/* What a view and its parts tell together. */
static Once *once_of(State *state, View *view) {
  Once *once = (Once *)view->unreadable;
  if (once && Py_IS_TYPE((PyObject *)once, state->once)) return (Once *)Py_NewRef(once);
  once = (Once *)state->once->tp_alloc(state->once, 0);
  if (once == NULL) return NULL;
  once->tell = view->unreadable;
  view->unreadable = Py_NewRef(once);
  return once;
}

static void once_free(PyObject *self) {
  Py_XDECREF(((Once *)self)->tell);
  free_object(self);
}

static PyObject *parts_of(Field *field, View *view, Py_ssize_t start) {
  Layout *layout = view->source ? (Layout *)view->source->layout : NULL;
  PyTypeObject *type = field->sequence ? field->sequence : field->state->parts;
  PyObject *all;
  Parts *parts;
  if (layout == NULL || layout->parts == NULL) {
    PyErr_SetString(PyExc_TypeError, "the layout has no parts");
    return NULL;
  }
  parts = untracked(type, sizeof(Parts));
  if (parts == NULL) return NULL;
  parts->layout = (Layout *)Py_NewRef(layout->parts);
  parts->body = Py_NewRef(view->body);
  parts->start = start;
  parts->once = once_of(field->state, view);
  if (parts->once == NULL) Py_CLEAR(parts);
  if (field->sequence || parts == NULL) return (PyObject *)parts;
  all = Py_XNewRef(whole(parts));
  Py_DECREF(parts);
  return all;
}

static PyObject *made(Field *field, View *view, Slot slot) {
  const byte *start = slot ? text_of(view->body) + start_of(slot) : (const byte *)"";
  Py_ssize_t size = slot ? size_of(slot) : 0;
  PyObject *literal, *found;
  long long whole_number = 0;
  if (field->how == OWN) {
    literal = PyBytes_FromStringAndSize((const char *)start, size);
    found = literal ? PyObject_CallMethod((PyObject *)field, "decoded", "OO", literal, view) : NULL;
    Py_XDECREF(literal);
    return found;
  }
  if (field->how == NUMBER && size) return decimal(field, start, size);
  if (field->how == PARTS && size) return parts_of(field, view, start_of(slot));
  if (!size || *start == 'n') Py_RETURN_NONE;
  switch (field->how) {
    case INTEGER:
      integer(start, start + size, &whole_number);
      return PyLong_FromLongLong(whole_number);
    case FLAG:
      return PyBool_FromLong(*start == 't');
    case TEXT:
      if (*start == '"' && !memchr(start, '\\', size))
        return PyUnicode_DecodeUTF8((const char *)start + 1, size - 2, NULL);
  }
  return decoded_json(field->state, start, size);
}

/* The view that is read, if it is one. */
static View *checked(Field *field, PyObject *self) {
  if (PyObject_TypeCheck(self, field->state->view)) return (View *)self;
  PyErr_Format(PyExc_TypeError, "a field of views cannot be read from %.100s",
               Py_TYPE(self)->tp_name);
  return NULL;
}

static PyObject *field_get(PyObject *self, PyObject *read, PyObject *owner) {
  Field *field = (Field *)self;
  View *view;
  PyObject *found;
  if (read == NULL || read == Py_None) return Py_NewRef(self);
  if ((view = checked(field, read)) == NULL) return NULL;
  if (view->slots == NULL && decode(view)) return NULL;
  if (field->index < 0 || field->index >= view->count) {
    PyErr_Format(PyExc_TypeError, "%.100s has no such field", Py_TYPE(view)->tp_name);
    return NULL;
  }
  found = object_of(view->slots[field->index]);
  if (found) return Py_NewRef(found);
  found = made(field, view, view->slots[field->index]);
  if (found == NULL) {
    report(field->state, &view->unreadable);
    return NULL;
  }
  if (object_of(view->slots[field->index])) { /* by another thread meanwhile */
    Py_DECREF(found);
    return Py_NewRef(object_of(view->slots[field->index]));
  }
  view->slots[field->index] = object(Py_NewRef(found));
  return found;
}

static PyObject *routed_get(PyObject *self, PyObject *read, PyObject *owner) {
  Field *field = (Field *)self;
  View *view;
  if (read == NULL || read == Py_None) return Py_NewRef(self);
  if ((view = checked(field, read)) == NULL) return NULL;
  if (view->source == NULL) {
    PyErr_Format(PyExc_TypeError, "%.100s is of no stream", Py_TYPE(view)->tp_name);
    return NULL;
  }
  return Py_NewRef(field->index ? view->source->symbol : view->source->type);
}

/* --- fields ------------------------------------------------------------------------------------- */

static PyObject *field_new(PyTypeObject *type, PyObject *given, PyObject *named) {
  State *state = state_of(type);
  Field *field = state ? (Field *)type->tp_alloc(type, 0) : NULL;
  if (field == NULL) return NULL;
  field->state = state;
  field->index = -1;
  return (PyObject *)field;
}

static PyObject *field_place(PyObject *self, PyObject *given) {
  Field *field = (Field *)self;
  PyObject *name, *sequence;
  const char *said;
  int index, is_optional, how = 0;
  if (!PyArg_ParseTuple(given, "UispO", &name, &index, &said, &is_optional, &sequence)) return NULL;
  while (how < HOWS && strcmp(said, how_names[how])) how++;
  if (how == HOWS || index < 0 || index >= MOST_FIELDS || field->index >= 0 ||
      !(sequence == Py_None || (PyType_Check(sequence) &&
                                PyType_IsSubtype((PyTypeObject *)sequence, field->state->parts)))) {
    PyErr_Format(PyExc_TypeError, "%U cannot be placed so, or a second time", name);
    return NULL;
  }
  field->name = Py_NewRef(name);
  field->sequence = sequence == Py_None ? NULL : (PyTypeObject *)Py_NewRef(sequence);
  field->how = (byte)how;
  field->is_optional = (byte)is_optional;
  field->index = index;
  Py_RETURN_NONE;
}

static PyObject *field_decoded(PyObject *self, PyObject *given) {
  PyErr_SetNone(PyExc_NotImplementedError);
  return NULL;
}

static void field_free(PyObject *self) {
  Py_XDECREF(((Field *)self)->name);
  Py_XDECREF(((Field *)self)->sequence);
  free_object(self);
}

static PyMethodDef field_methods[] = {
    {"_place", field_place, METH_VARARGS, NULL},
    {"decoded", field_decoded, METH_VARARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {0}};

static PyType_Slot field_slots[] = {{Py_tp_new, field_new},
                                    {Py_tp_dealloc, field_free},
                                    {Py_tp_descr_get, field_get},
                                    {Py_tp_methods, field_methods},
                                    {0}};
static PyType_Slot routed_slots[] = {{Py_tp_descr_get, routed_get}, {0}};

/* --- sources ------------------------------------------------------------------------------------ */

static PyObject *plain_text(PyObject *stream, const char *name) {
  PyObject *text = PyObject_GetAttrString(stream, name), *plain;
  int is_said = text ? PyObject_IsTrue(text) : -1;
  if (is_said <= 0) {
    if (is_said < 0) Py_CLEAR(text);
    return text;
  }
  plain = PyObject_Str(text);
  Py_DECREF(text);
  return plain;
}

static PyObject *source_new(PyTypeObject *type, PyObject *given, PyObject *named) {
  PyObject *layout, *stream, *wider = NULL;
  State *state = state_of(type);
  Source *source;
  if (state == NULL || !PyArg_ParseTuple(given, "OO|O!", &layout, &stream, &PyTuple_Type, &wider))
    return NULL;
  if (layout != Py_None && (!PyObject_TypeCheck(layout, state->layout) ||
                            ((Layout *)layout)->view == NULL)) {
    PyErr_SetString(PyExc_TypeError, "a source has a layout or None");
    return NULL;
  }
  source = (Source *)type->tp_alloc(type, 0);
  if (source == NULL) return NULL;
  source->layout = layout == Py_None ? NULL : Py_NewRef(layout);
  source->stream = Py_NewRef(stream);
  source->wider = wider ? Py_NewRef(wider) : PyTuple_New(0);
  source->type = plain_text(stream, "type");
  source->symbol = plain_text(stream, "symbol");
  if (source->wider == NULL || source->type == NULL || source->symbol == NULL) Py_CLEAR(source);
  return (PyObject *)source;
}

static void source_free(PyObject *self) {
  Source *source = (Source *)self;
  Py_XDECREF(source->layout);
  Py_XDECREF(source->stream);
  Py_XDECREF(source->wider);
  Py_XDECREF(source->type);
  Py_XDECREF(source->symbol);
  free_object(self);
}

/* One function for all attributes that are read as they are: the closure says where they lie. */
static PyObject *attribute(PyObject *self, void *offset) {
  PyObject *found = *(PyObject **)((char *)self + (uintptr_t)offset);
  return Py_NewRef(found ? found : Py_None);
}
#define READ(type, name, shown) {shown, attribute, NULL, NULL, (void *)offsetof(type, name)}

static PyGetSetDef source_reads[] = {READ(Source, layout, "layout"), READ(Source, stream, "stream"),
                                     READ(Source, wider, "wider"), READ(Source, type, "type"),
                                     READ(Source, symbol, "symbol"), {0}};
static PyType_Slot source_slots[] = {{Py_tp_new, source_new},
                                     {Py_tp_dealloc, source_free},
                                     {Py_tp_getset, source_reads},
                                     {0}};

/* --- layouts ------------------------------------------------------------------------------------ */

static int take_member(Layout *layout, PyObject *name, PyObject *field, PyObject *names) {
  Member *member = &layout->members[layout->count];
  PyObject *wire;
  const char *text;
  if (!PyObject_TypeCheck(field, layout->state->field) ||
      ((Field *)field)->index != layout->count || layout->count == MOST_FIELDS) {
    PyErr_Format(PyExc_TypeError, "%S is no field in its place", name);
    return -1;
  }
  member->how = ((Field *)field)->how;
  member->is_optional = ((Field *)field)->is_optional;
  member->is_routed = PyObject_TypeCheck(field, layout->state->routed) != 0;
  layout->count++;
  wire = PyDict_GetItemWithError(names, name);
  if (wire == NULL) return PyErr_Occurred() ? -1 : 0;
  if (!(text = PyUnicode_AsUTF8AndSize(wire, &member->size))) return -1;
  if (!(member->name = PyMem_Malloc(member->size + 2))) return PyErr_NoMemory(), -1;
  memcpy(member->name, text, member->size);
  memcpy(member->name + member->size, "\"", 2);
  return 0;
}

static int layout_init(PyObject *self, PyObject *given, PyObject *named) {
  static char *keywords[] = {"view", "names", "parts", NULL};
  Layout *layout = (Layout *)self;
  PyObject *view, *names, *parts = Py_None, *fields, *name, *field;
  Py_ssize_t place = 0, count;
  State *state = state_of(Py_TYPE(self));
  if (state == NULL || !PyArg_ParseTupleAndKeywords(given, named, "O!O!|O", keywords, &PyType_Type,
                                                    &view, &PyDict_Type, &names, &parts))
    return -1;
  if (layout->members || !PyType_IsSubtype((PyTypeObject *)view, state->view) ||
      !(parts == Py_None || (PyObject_TypeCheck(parts, state->layout) && parts != self &&
                             ((Layout *)parts)->view))) {
    PyErr_SetString(PyExc_TypeError, "a layout is of a view, and made once");
    return -1;
  }
  if (!(fields = PyObject_GetAttrString(view, "_fields"))) return -1;
  if (!PyDict_Check(fields)) {
    PyErr_SetString(PyExc_TypeError, "the fields of a view are a dict");
    goto failed;
  }
  count = PyDict_GET_SIZE(fields);
  layout->state = state;
  layout->members = PyMem_Calloc(count + 1, sizeof *layout->members);
  layout->next = PyMem_Calloc(count + 1, sizeof *layout->next);
  if (layout->members == NULL || layout->next == NULL) {
    PyErr_NoMemory();
    goto failed;
  }
  while (layout->count < count && PyDict_Next(fields, &place, &name, &field))
    if (take_member(layout, name, field, names)) goto failed;
  Py_DECREF(fields);
  layout->parts = parts == Py_None ? NULL : (Layout *)Py_NewRef(parts);
  layout->view = (PyTypeObject *)Py_NewRef(view);
  return 0;
failed:
  Py_DECREF(fields);
  return -1;
}

static void layout_free(PyObject *self) {
  Layout *layout = (Layout *)self;
  if (layout->members)
    for (int index = 0; index < layout->count; index++) PyMem_Free(layout->members[index].name);
  PyMem_Free(layout->members);
  PyMem_Free(layout->next);
  Py_XDECREF(layout->parts);
  Py_XDECREF(layout->view);
  free_object(self);
}

static PyGetSetDef layout_reads[] = {READ(Layout, view, "view"), READ(Layout, parts, "parts"), {0}};
static PyType_Slot layout_slots[] = {{Py_tp_init, layout_init},
                                     {Py_tp_dealloc, layout_free},
                                     {Py_tp_getset, layout_reads},
                                     {0}};

/* --- views -------------------------------------------------------------------------------------- */

static PyObject *view_build(PyObject *self, PyObject *const *given, Py_ssize_t count) {
  View *view = (View *)self;
  State *state = state_of(Py_TYPE(self));
  if (state == NULL) return NULL;
  if (count != 2 || view->slots || view->body || !PyTuple_Check(given[1]) ||
      PyTuple_GET_SIZE(given[1]) > MOST_FIELDS ||
      !(given[0] == Py_None || Py_IS_TYPE(given[0], state->source))) {
    PyErr_SetString(PyExc_TypeError, "a view is built once, of a source and a tuple of values");
    return NULL;
  }
  view->count = (byte)PyTuple_GET_SIZE(given[1]);
  view->slots = PyMem_Calloc(view->count + 1, sizeof *view->slots);
  if (view->slots == NULL || !(view->body = PyBytes_FromStringAndSize(NULL, 0))) {
    view->count = 0;
    return PyErr_NoMemory();
  }
  for (int index = 0; index < view->count; index++)
    view->slots[index] = object(Py_NewRef(PyTuple_GET_ITEM(given[1], index)));
  view->source = given[0] == Py_None ? NULL : (Source *)Py_NewRef(given[0]);
  view->is_built = 1;
  Py_RETURN_NONE;
}

static void view_free(PyObject *self) {
  View *view = (View *)self;
  free_slots(view->slots, view->count);
  Py_XDECREF(view->source);
  Py_XDECREF(view->body);
  Py_XDECREF(view->unreadable);
  Py_XDECREF(view->received);
  free_object(self);
}

static PyMethodDef view_methods[] = {
    {"_build", (PyCFunction)(void (*)(void))view_build, METH_FASTCALL, NULL},
    {0}};
static PyGetSetDef view_reads[] = {READ(View, source, "_source"), READ(View, body, "_body"), {0}};
static PyType_Slot view_slots[] = {{Py_tp_dealloc, view_free},
                                   {Py_tp_methods, view_methods},
                                   {Py_tp_getset, view_reads},
                                   {0}};

/* --- events ------------------------------------------------------------------------------------- */

static PyObject *event_of(PyObject *type, PyObject *const *given, Py_ssize_t count) {
  State *state = state_of((PyTypeObject *)type);
  if (state == NULL) return NULL;
  if (count != 2 || !Py_IS_TYPE(given[0], state->source) || !PyBytes_Check(given[1])) {
    PyErr_SetString(PyExc_TypeError, "an event is of a source and bytes");
    return NULL;
  }
  return (PyObject *)new_view((PyTypeObject *)type, (Source *)given[0], given[1]);
}

static PyObject *event_arrive(PyObject *self, PyObject *const *given, Py_ssize_t count) {
  View *view = (View *)self;
  PyObject **place = &view->unreadable;
  if (count != 2 || !PyLong_Check(given[0])) {
    PyErr_SetString(PyExc_TypeError, "an event arrives at a time, with who is told");
    return NULL;
  }
  Py_XSETREF(view->received, Py_NewRef(given[0]));
  /* The type of a Once cannot be made by anybody else, so its dealloc tells it. */
  if (*place && Py_TYPE(*place)->tp_dealloc == once_free) place = &((Once *)*place)->tell;
  Py_XSETREF(*place, given[1] == Py_None ? NULL : Py_NewRef(given[1]));
  view->is_handed_over = 0;
  Py_RETURN_NONE;
}

static PyObject *event_restore(PyObject *self, PyObject *given) {
  View *view = (View *)self;
  PyObject *body, *received;
  int is_handed_over;
  if (!PyArg_ParseTuple(given, "SO!p", &body, &PyLong_Type, &received, &is_handed_over)) return NULL;
  if (!view->is_built) { /* what is noted of a message is true of that message alone */
    PyErr_SetString(PyExc_TypeError, "only what was built can be restored");
    return NULL;
  }
  Py_XSETREF(view->body, Py_NewRef(body));
  Py_XSETREF(view->received, Py_NewRef(received));
  view->is_handed_over = (byte)is_handed_over;
  Py_RETURN_NONE;
}

static PyObject *event_decoded(PyObject *self, PyObject *none) {
  View *view = (View *)self;
  return view->slots == NULL && decode(view) ? NULL : Py_NewRef(self);
}

static PyObject *event_as_handed_over(PyObject *self, PyObject *none) {
  View *view = (View *)self, *same;
  if (view->body == NULL) return PyErr_Format(PyExc_TypeError, "there is no event yet");
  same = new_view(Py_TYPE(self), view->source, view->body);
  if (same == NULL) return NULL;
  same->unreadable = Py_XNewRef(view->unreadable);
  same->received = Py_XNewRef(view->received);
  same->is_built = view->is_built;
  same->is_handed_over = 1;
  if (view->slots == NULL) return (PyObject *)same;
  same->slots = PyMem_Calloc(view->count + 1, sizeof *same->slots);
  if (same->slots == NULL) {
    Py_DECREF(same);
    return PyErr_NoMemory();
  }
  for (same->count = 0; same->count < view->count; same->count++) {
    Py_XINCREF(object_of(view->slots[same->count]));
    same->slots[same->count] = view->slots[same->count];
  }
  return (PyObject *)same;
}

static PyObject *event_stream(PyObject *self, void *closure) {
  Source *source = ((View *)self)->source;
  if (source) return Py_NewRef(source->stream);
  PyErr_SetString(PyExc_TypeError, "there is no event yet");
  return NULL;
}

static PyObject *event_received(PyObject *self, void *closure) {
  PyObject *received = ((View *)self)->received;
  return received ? Py_NewRef(received) : PyLong_FromLong(0);
}

static PyObject *event_handed_over(PyObject *self, void *closure) {
  return PyBool_FromLong(((View *)self)->is_handed_over);
}

static PyMethodDef event_methods[] = {
    {"_of", (PyCFunction)(void (*)(void))event_of, METH_FASTCALL | METH_CLASS, NULL},
    {"_arrive", (PyCFunction)(void (*)(void))event_arrive, METH_FASTCALL, NULL},
    {"_restore", event_restore, METH_VARARGS, NULL},
    {"decoded", event_decoded, METH_NOARGS,
     "This event, decoded now rather than when it is first read; raises `ProtocolError`."},
    {"as_handed_over", event_as_handed_over, METH_NOARGS,
     "The same event, marked as given to a newcomer."},
    {0}};
static PyGetSetDef event_reads[] = {
    {"stream", event_stream, NULL, "The stream that this is an event of.", NULL},
    {"received_time_ns", event_received, NULL,
     "When the frame was read here, in nanoseconds since 1970 UTC; 0 for a built event.", NULL},
    {"handed_over", event_handed_over, NULL,
     "Whether this is the last event of a stream that was live already, given to a newcomer.",
     NULL},
    {0}};
static PyType_Slot event_slots[] = {{Py_tp_methods, event_methods},
                                    {Py_tp_getset, event_reads},
                                    {0}};

/* --- parts -------------------------------------------------------------------------------------- */

static PyMethodDef parts_methods[] = {
    {"_whole", parts_whole, METH_NOARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {0}};
static PyType_Slot parts_slots[] = {{Py_tp_dealloc, parts_free},
                                    {Py_tp_methods, parts_methods},
                                    {Py_mp_subscript, parts_item},
                                    {0}};
static PyType_Slot once_slots[] = {{Py_tp_dealloc, once_free}, {0}};

/* --- recognising -------------------------------------------------------------------------------- */

typedef struct {
  PyObject_HEAD
  State *state;
  PyObject *known, *listed;
} Recogniser;

static PyObject *recogniser_new(PyTypeObject *type, PyObject *given, PyObject *named) {
  PyObject *known, *listed;
  State *state = state_of(type);
  Recogniser *recogniser;
  if (state == NULL ||
      !PyArg_ParseTuple(given, "O!O!", &PyDict_Type, &known, &PyDict_Type, &listed))
    return NULL;
  recogniser = (Recogniser *)type->tp_alloc(type, 0);
  if (recogniser == NULL) return NULL;
  recogniser->state = state;
  recogniser->known = Py_NewRef(known);
  recogniser->listed = Py_NewRef(listed);
  return (PyObject *)recogniser;
}

static void recogniser_free(PyObject *self) {
  Py_XDECREF(((Recogniser *)self)->known);
  Py_XDECREF(((Recogniser *)self)->listed);
  free_object(self);
}

/* Where this byte is for the last time before `end`; NULL if it is not there. */
static const char *last(const char *start, const char *end, char wanted) {
  while (end > start)
    if (*--end == wanted) return end;
  return NULL;
}

/* What a dict has for the bytes from `start` to `end`: borrowed, NULL for nothing or an error. */
static PyObject *found_in(PyObject *dict, const char *start, const char *end) {
  PyObject *key = PyBytes_FromStringAndSize(start, end - start), *found;
  if (key == NULL) return NULL;
  found = PyDict_GetItemWithError(dict, key);
  Py_DECREF(key);
  return found;
}

/* The event in a body of which the beginning is known, and which ends at `end` of the frame; NULL
 * for nothing or an error. */
static PyObject *event_in(State *state, PyObject *known, const char *start, const char *end,
                          PyObject *body) {
  View *event;
  Source *source;
  if (PyDict_Check(known)) {
    const char *comma = last(start, end, ',');
    known = comma ? found_in(known, comma, end) : NULL;
  }
  if (known == NULL || !Py_IS_TYPE(known, state->source) || !((Source *)known)->layout) return NULL;
  source = (Source *)Py_NewRef(known);
  event = new_view(((Layout *)source->layout)->view, source, body);
  Py_DECREF(source);
  return (PyObject *)event;
}

/* Whether an array has room for one message alone. */
static int is_alone(const char *start, const char *end, int is_book) {
  const char *inner;
  if (!is_book) /* nothing closes before the message does */
    return memchr(start, '}', end - start) == end - 2;
  /* The array and the units in it, and nothing opens after those. */
  inner = memchr(start + 1, '[', end - start - 1);
  if (inner == NULL || memchr(inner + 1, '[', end - inner - 1)) return 0;
  inner = last(start, end - 1, ']');
  return inner != NULL && last(inner, end, '{') == NULL;
}

static PyObject *recognise(PyObject *self, PyObject *frame) {
  Recogniser *recogniser = (Recogniser *)self;
  const char *start, *end, *comma;
  PyObject *known, *body, *event = NULL;
  if (!PyBytes_Check(frame)) return PyErr_Format(PyExc_TypeError, "a frame is bytes");
  start = PyBytes_AS_STRING(frame);
  end = start + PyBytes_GET_SIZE(frame);
  if (start == end) Py_RETURN_NONE;
  comma = memchr(start, ',', end - start);
  if (comma) comma = memchr(comma + 1, ',', end - comma - 1);
  if (comma == NULL) comma = end - 1;
  known = found_in(recogniser->known, start, comma);
  if (known) {
    Py_INCREF(known);
    if (end[-1] == '}') event = event_in(recogniser->state, known, start, end, frame);
    Py_DECREF(known);
  } else if (*start == '[' && end[-1] == ']' && !PyErr_Occurred() &&
             (known = found_in(recogniser->listed, start, comma))) {
    Py_INCREF(known);
    body = is_alone(start, end, PyDict_Check(known))
               ? PyBytes_FromStringAndSize(start + 1, end - start - 2)
               : NULL;
    if (body) event = event_in(recogniser->state, known, start + 1, end - 1, body);
    Py_XDECREF(body);
    Py_DECREF(known);
  }
  if (event || PyErr_Occurred()) return event;
  Py_RETURN_NONE;
}

static PyMethodDef recogniser_methods[] = {{"recognise", recognise, METH_O, NULL}, {0}};
static PyType_Slot recogniser_slots[] = {{Py_tp_new, recogniser_new},
                                         {Py_tp_dealloc, recogniser_free},
                                         {Py_tp_methods, recogniser_methods},
                                         {0}};

/* --- the module --------------------------------------------------------------------------------- */

#define SPEC(shown, type, flags, slots) \
  {"tickwire._hot." shown, sizeof(type), 0, \
   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | (flags), slots}

static PyType_Spec source_spec = SPEC("Source", Source, 0, source_slots);
static PyType_Spec layout_spec = SPEC("Layout", Layout, Py_TPFLAGS_BASETYPE, layout_slots);
static PyType_Spec once_spec =
    SPEC("Once", Once, Py_TPFLAGS_DISALLOW_INSTANTIATION, once_slots);
static PyType_Spec view_spec = SPEC("LazyView", View, Py_TPFLAGS_BASETYPE, view_slots);
static PyType_Spec event_spec = SPEC("LazyEvent", View, Py_TPFLAGS_BASETYPE, event_slots);
static PyType_Spec parts_spec = SPEC("LazyParts", Parts, Py_TPFLAGS_BASETYPE, parts_slots);
static PyType_Spec field_spec = SPEC("LazyField", Field, Py_TPFLAGS_BASETYPE, field_slots);
static PyType_Spec routed_spec = SPEC("RoutedField", Field, Py_TPFLAGS_BASETYPE, routed_slots);
static PyType_Spec recogniser_spec = SPEC("Recogniser", Recogniser, 0, recogniser_slots);

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject *base, PyTypeObject **place) {
  PyObject *type = PyType_FromModuleAndSpec(module, spec, (PyObject *)base);
  *place = (PyTypeObject *)type;
  return type == NULL || PyModule_AddType(module, *place);
}

static int import(const char *module, const char *name, PyObject **place) {
  PyObject *imported = PyImport_ImportModule(module);
  *place = imported ? PyObject_GetAttrString(imported, name) : NULL;
  Py_XDECREF(imported);
  return *place == NULL;
}

static int execute(PyObject *module) {
  State *state = PyModule_GetState(module);
  return -(import("decimal", "Decimal", &state->decimal) ||
           import("tickwire.exact", "decimal_of", &state->decimal_of) ||
           import("msgspec.json", "decode", &state->decode) ||
           import("tickwire.errors", "ProtocolError", &state->protocol_error) ||
           add_type(module, &source_spec, NULL, &state->source) ||
           add_type(module, &layout_spec, NULL, &state->layout) ||
           add_type(module, &once_spec, NULL, &state->once) ||
           add_type(module, &view_spec, NULL, &state->view) ||
           add_type(module, &event_spec, state->view, &state->event) ||
           add_type(module, &parts_spec, NULL, &state->parts) ||
           add_type(module, &field_spec, NULL, &state->field) ||
           add_type(module, &routed_spec, state->field, &state->routed) ||
           add_type(module, &recogniser_spec, NULL, &state->recogniser));
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
  State *state = PyModule_GetState(module);
  Py_VISIT(state->source);
  Py_VISIT(state->layout);
  Py_VISIT(state->once);
  Py_VISIT(state->view);
  Py_VISIT(state->event);
  Py_VISIT(state->parts);
  Py_VISIT(state->field);
  Py_VISIT(state->routed);
  Py_VISIT(state->recogniser);
  Py_VISIT(state->decimal);
  Py_VISIT(state->decimal_of);
  Py_VISIT(state->decode);
  Py_VISIT(state->protocol_error);
  return 0;
}

/* There is no m_clear: whatever is left of a module's objects may still need what the state has.
 * Types and module lead to each other, and that cycle is broken where the types are cleared. */
static void free_state(void *module) {
  State *state = PyModule_GetState((PyObject *)module);
  if (state == NULL) return;
  Py_CLEAR(state->source);
  Py_CLEAR(state->layout);
  Py_CLEAR(state->once);
  Py_CLEAR(state->view);
  Py_CLEAR(state->event);
  Py_CLEAR(state->parts);
  Py_CLEAR(state->field);
  Py_CLEAR(state->routed);
  Py_CLEAR(state->recogniser);
  Py_CLEAR(state->decimal);
  Py_CLEAR(state->decimal_of);
  Py_CLEAR(state->decode);
  Py_CLEAR(state->protocol_error);
}

static PyModuleDef_Slot definition_slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tickwire._hot",
    .m_doc = "The hot path compiled: see `tickwire._pure`.",
    .m_size = sizeof(State),
    .m_slots = definition_slots,
    .m_traverse = traverse,
    .m_free = free_state,
};

PyMODINIT_FUNC PyInit__hot(void) { return PyModuleDef_Init(&definition); }
