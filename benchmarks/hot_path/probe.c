/* A probe: what an event would cost if its type were compiled. To measure with, not to use.
 *
 * An event holds its message. The first read of a field walks over the whole text once and checks
 * it: structure, escapes, the grammar of numbers, UTF-8, that each field is there and of its kind.
 * Where each member lies is noted; a value is made when it is read, a number by decimal.Decimal
 * from its text. `Heads.recognise` makes the event itself, so there is no payload beside it.
 *
 * Left out: building, comparing, hashing, pickling and printing events, to_dict, to_json, raw,
 * extra, unreadable parts of a book told to the manager, asks and bids, handing over to newcomers,
 * a stream that is live again after a loss, the short vocabulary, events in arrays, lone
 * surrogates, subclasses, cycles for the garbage collector, interpreters beside the first, and free
 * threading.
 */
#define _GNU_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

typedef unsigned char byte;

static PyObject *decimal_type, *decimal_of, *loads, *protocol_error, *event_of_payload;
static PyTypeObject *units_type;

/* --- a walk over JSON; ends at the NUL behind every bytes object, which no text may hold ------ */

enum { DEEPEST = 64 };
static byte is_plain[256]; /* in a string: neither quote, backslash, control nor beyond ASCII */

static const byte *blank(const byte *at) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
  return at;
}

static const byte *beyond_ascii(const byte *at) {
  byte first = *at++;
  int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  byte low = 0x80, high = 0xBF;
  if (first < 0xC2 || first > 0xF4) return NULL;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  for (; more; more--, at++, low = 0x80, high = 0xBF)
    if (*at < low || *at > high) return NULL;
  return at;
}

/* Behind the closing quote of a string, from behind its opening one; NULL if it is none. */
static const byte *string(const byte *at) {
  for (;;) {
    while (is_plain[*at]) at++;
    if (*at == '"') return at + 1;
    if (*at >= 0x80) {
      if (!(at = beyond_ascii(at))) return NULL;
    } else if (*at != '\\') {
      return NULL;
    } else if (*++at == 'u') {
      for (int digit = 0; digit < 4; digit++)
        if (!isxdigit(*++at)) return NULL;
      at++;
    } else if (*at && strchr("\"\\/bfnrt", *at)) {
      at++;
    } else {
      return NULL;
    }
  }
}

static const byte *digits(const byte *at) {
  if (*at < '0' || *at > '9') return NULL;
  while (*at >= '0' && *at <= '9') at++;
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

static const byte *value(const byte *at, int depth) {
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
      break;
    default:
      return number(at);
  }
  if (depth >= DEEPEST) return NULL;
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
    if (!(at = value(at, depth + 1))) return NULL;
    at = blank(at);
    if (*at == close) return at + 1;
    if (*at != ',') return NULL;
    at = blank(at + 1);
  }
}

/* --- what a class of events has ---------------------------------------------------------------- */

typedef struct {
  const char *name; /* on the wire */
  Py_ssize_t size;
  char kind; /* n: number, i: integer, s: text, u: units of a book, a: anything */
  char is_optional;
} Field;

typedef struct Layout {
  PyObject_HEAD
  PyTypeObject *made; /* the class of the events */
  struct Layout *unit;
  int count;
  int type, symbol; /* where these two are among the fields, or -1 */
  Field *fields;
  PyObject *names;
} Layout;

typedef struct {
  PyObject *value; /* once it was read */
  uint32_t start, size;
} Slot;

/* An event, or a unit of a book, which uses nothing behind `slots`. */
typedef struct {
  PyObject_HEAD
  Layout *layout;
  PyObject *body;
  Slot *slots; /* NULL until something is read */
  PyObject *known;
  PyObject *unreadable;
  long long received_time_ns;
} View;

typedef struct {
  PyObject_HEAD
  Layout *layout;
  PyObject *stream, *type, *symbol;
  PyObject *tail; /* how a book's message must end, or NULL */
} Known;

typedef struct {
  PyObject_HEAD
  Layout *unit;
  PyObject *body, *best;
  uint32_t start;
} Units;

static const byte *text_of(PyObject *body) { return (const byte *)PyBytes_AS_STRING(body); }

static int fits(char kind, int is_optional, const byte *start, const byte *end) {
  if (is_optional && *start == 'n') return 1;
  switch (kind) {
    case 'n':
      return *start == '-' || (*start >= '0' && *start <= '9');
    case 'i':
      for (start += *start == '-'; start < end; start++)
        if (*start < '0' || *start > '9') return 0;
      return 1;
    case 's':
      return *start == '"';
    case 'u':
      return *start == '[';
  }
  return 1;
}

/* Note where the members of the object at `at` lie; gives its end, or NULL and what is wrong. */
static const byte *scan(Layout *layout, const byte *body, const byte *at, Slot *slots,
                        const char **wrong) {
  int count = layout->count, next = 0;
  *wrong = "malformed JSON";
  if (*at != '{') return NULL;
  at = blank(at + 1);
  if (*at == '}')
    at++;
  else
    for (;;) {
      if (*at != '"') return NULL;
      const byte *name = at + 1;
      if (!(at = string(name))) return NULL;
      Py_ssize_t size = at - 1 - name;
      at = blank(at);
      if (*at != ':') return NULL;
      const byte *start = at = blank(at + 1);
      if (!(at = value(at, 0))) return NULL;
      /* Members come in the same order each time, so the search begins behind the last found. */
      for (int tried = 0; tried < count; tried++) {
        int index = next + tried < count ? next + tried : next + tried - count;
        Field *field = &layout->fields[index];
        if (field->size != size || memcmp(field->name, name, size)) continue;
        if (!fits(field->kind, field->is_optional, start, at)) {
          *wrong = field->name;
          return NULL;
        }
        slots[index].start = start - body;
        slots[index].size = at - start;
        next = index + 1;
        break;
      }
      at = blank(at);
      if (*at == '}') {
        at++;
        break;
      }
      if (*at != ',') return NULL;
      at = blank(at + 1);
    }
  for (int index = 0; index < count; index++)
    if (!slots[index].size && !layout->fields[index].is_optional) {
      *wrong = layout->fields[index].name;
      return NULL;
    }
  return at;
}

static void refuse(View *view, const char *wrong) {
  PyObject *error = PyObject_CallFunction(protocol_error, "sO", wrong, view->body);
  if (error == NULL) return;
  if (view->known != NULL && view->unreadable != NULL && view->unreadable != Py_None) {
    PyObject *told = PyObject_CallOneArg(view->unreadable, error);
    Py_CLEAR(view->unreadable);
    Py_XDECREF(told);
  }
  if (!PyErr_Occurred()) PyErr_SetObject(protocol_error, error);
  Py_DECREF(error);
}

static int says(const byte *body, Slot *slot, PyObject *text) {
  Py_ssize_t size;
  const char *wanted = PyUnicode_AsUTF8AndSize(text, &size);
  return wanted && slot->size == size + 2 && !memcmp(body + slot->start + 1, wanted, size);
}

static int decode(View *view) {
  Layout *layout = view->layout;
  Known *known = (Known *)view->known;
  const byte *body = text_of(view->body), *end;
  const char *wrong = NULL;
  Slot *slots = PyMem_Calloc(layout->count, sizeof *slots);
  if (slots == NULL) return PyErr_NoMemory(), -1;
  end = scan(layout, body, blank(body), slots, &wrong);
  if (end && blank(end) != body + PyBytes_GET_SIZE(view->body)) end = NULL;
  if (end && (!says(body, &slots[layout->type], known->type) ||
              !says(body, &slots[layout->symbol], known->symbol)))
    end = NULL, wrong = "the message names its type or code twice";
  if (end == NULL) {
    PyMem_Free(slots);
    refuse(view, wrong);
    return -1;
  }
  view->slots = slots;
  return 0;
}

/* --- what users see ---------------------------------------------------------------------------- */

static PyObject *number_of(const char *text, Py_ssize_t size) {
  PyObject *made, *given;
  if (size > 40 || memchr(text, 'e', size) || memchr(text, 'E', size)) {
    /* Numbers that are written otherwise than they are shown: as tickwire does it. */
    given = PyBytes_FromStringAndSize(text, size);
    made = given ? PyObject_CallOneArg(decimal_of, given) : NULL;
  } else {
    given = PyUnicode_New(size, 127);
    if (given) memcpy(PyUnicode_1BYTE_DATA(given), text, size);
    made = given ? PyObject_CallOneArg(decimal_type, given) : NULL;
  }
  Py_XDECREF(given);
  return made;
}

static PyObject *units_of(View *view, uint32_t start) {
  Units *units = PyObject_New(Units, units_type);
  if (units == NULL) return NULL;
  units->unit = view->layout->unit;
  Py_INCREF(units->unit);
  units->body = Py_NewRef(view->body);
  units->best = NULL;
  units->start = start;
  return (PyObject *)units;
}

static PyObject *made_of(View *view, Field *field, Slot *slot) {
  const char *text = PyBytes_AS_STRING(view->body) + slot->start;
  Py_ssize_t size = slot->size;
  if (!size || (field->is_optional && *text == 'n')) return Py_NewRef(Py_None);
  switch (field->kind) {
    case 'n':
      return number_of(text, size);
    case 'i':
      if (size <= 18) return PyLong_FromLongLong(strtoll(text, NULL, 10));
      break;
    case 's':
      if (!memchr(text, '\\', size)) return PyUnicode_DecodeUTF8(text + 1, size - 2, NULL);
      break;
    case 'u':
      return units_of(view, slot->start);
  }
  return PyObject_CallFunction(loads, "y#", text, size);
}

static PyObject *view_get(PyObject *self, void *closure) {
  View *view = (View *)self;
  intptr_t index = (intptr_t)closure;
  if (view->slots == NULL && decode(view)) return NULL;
  Slot *slot = &view->slots[index];
  if (slot->value == NULL) slot->value = made_of(view, &view->layout->fields[index], slot);
  return Py_XNewRef(slot->value);
}

static void view_free(PyObject *self) {
  View *view = (View *)self;
  PyTypeObject *type = Py_TYPE(self);
  if (view->slots) {
    for (int index = 0; index < view->layout->count; index++) Py_XDECREF(view->slots[index].value);
    PyMem_Free(view->slots);
  }
  Py_XDECREF(view->known);
  Py_XDECREF(view->unreadable);
  Py_DECREF(view->body);
  Py_DECREF(view->layout);
  PyObject_Free(self);
  Py_DECREF(type);
}

static View *view_of(Layout *layout, PyObject *body, PyObject *known) {
  View *view = PyObject_New(View, layout->made);
  if (view == NULL) return NULL;
  Py_INCREF(layout);
  view->layout = layout;
  view->body = Py_NewRef(body);
  view->slots = NULL;
  view->known = Py_XNewRef(known);
  view->unreadable = NULL;
  view->received_time_ns = 0;
  return view;
}

static PyObject *event_stream(PyObject *self, void *closure) {
  return Py_NewRef(((Known *)((View *)self)->known)->stream);
}

static PyObject *event_decoded(PyObject *self, PyObject *none) {
  View *view = (View *)self;
  if (view->slots == NULL && decode(view)) return NULL;
  return Py_NewRef(self);
}

static PyMethodDef event_methods[] = {{"decoded", event_decoded, METH_NOARGS, NULL}, {0}};
static PyMemberDef event_members[] = {
    {"received_time_ns", T_LONGLONG, offsetof(View, received_time_ns), 0, NULL},
    {"unreadable", T_OBJECT, offsetof(View, unreadable), 0, NULL},
    {0}};

/* --- the units of a book ----------------------------------------------------------------------- */

static PyObject *units_item(PyObject *self, Py_ssize_t wanted) {
  Units *units = (Units *)self;
  if (wanted == 0 && units->best) return Py_NewRef(units->best);
  const byte *body = text_of(units->body), *at = blank(body + units->start + 1);
  /* The syntax was checked when the event was decoded. */
  for (Py_ssize_t seen = 0; *at != ']'; seen++) {
    if (seen == wanted) {
      View *unit = view_of(units->unit, units->body, NULL);
      const char *wrong;
      if (unit == NULL) return NULL;
      unit->slots = PyMem_Calloc(units->unit->count, sizeof *unit->slots);
      if (unit->slots == NULL || !scan(units->unit, body, at, unit->slots, &wrong)) {
        unit->slots ? refuse(unit, wrong) : (void)PyErr_NoMemory();
        Py_DECREF(unit);
        return NULL;
      }
      if (wanted == 0) units->best = Py_NewRef((PyObject *)unit);
      return (PyObject *)unit;
    }
    at = blank(value(at, 1));
    if (*at == ',') at = blank(at + 1);
  }
  PyErr_SetString(PyExc_IndexError, "no such unit");
  return NULL;
}

static Py_ssize_t units_size(PyObject *self) {
  const byte *at = blank(text_of(((Units *)self)->body) + ((Units *)self)->start + 1);
  Py_ssize_t seen = 0;
  for (; *at != ']'; seen++) {
    at = blank(value(at, 1));
    if (*at == ',') at = blank(at + 1);
  }
  return seen;
}

static void units_free(PyObject *self) {
  Units *units = (Units *)self;
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF(units->best);
  Py_DECREF(units->body);
  Py_DECREF(units->unit);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyType_Slot units_slots[] = {{Py_tp_dealloc, units_free},
                                    {Py_sq_item, units_item},
                                    {Py_sq_length, units_size},
                                    {0}};
static PyType_Spec units_spec = {"probe.Units", sizeof(Units), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 units_slots};

/* --- Layout(name, fields, unit=None): a class of events, or of units where it has no symbol ---- */

static PyObject *layout_new(PyTypeObject *type, PyObject *given, PyObject *named) {
  const char *name;
  PyObject *fields, *unit = Py_None;
  if (!PyArg_ParseTuple(given, "sO!|O", &name, &PyList_Type, &fields, &unit)) return NULL;
  int count = PyList_GET_SIZE(fields);
  Layout *layout = (Layout *)type->tp_alloc(type, 0);
  PyGetSetDef *reads = PyMem_Calloc(count + 2, sizeof *reads);
  if (layout == NULL || reads == NULL) return PyErr_NoMemory();
  layout->count = count;
  layout->type = layout->symbol = -1;
  layout->names = Py_NewRef(fields);
  layout->fields = PyMem_Calloc(count, sizeof *layout->fields);
  if (unit != Py_None) layout->unit = (Layout *)Py_NewRef(unit);
  for (int index = 0; index < count; index++) {
    Field *field = &layout->fields[index];
    const char *attribute;
    int kind, is_optional;
    if (!PyArg_ParseTuple(PyList_GET_ITEM(fields, index), "ss#Cp", &attribute, &field->name,
                          &field->size, &kind, &is_optional))
      return NULL;
    field->kind = kind;
    field->is_optional = is_optional;
    if (!strcmp(attribute, "type")) layout->type = index;
    if (!strcmp(attribute, "symbol")) layout->symbol = index;
    reads[index] = (PyGetSetDef){attribute, view_get, NULL, NULL, (void *)(intptr_t)index};
  }
  int is_event = layout->symbol >= 0;
  if (is_event) reads[count] = (PyGetSetDef){"stream", event_stream, NULL, NULL, NULL};
  PyType_Slot slots[] = {{Py_tp_dealloc, view_free},
                         {Py_tp_getset, reads},
                         {is_event ? Py_tp_members : 0, event_members},
                         {Py_tp_methods, event_methods},
                         {0}};
  PyType_Spec spec = {name, sizeof(View), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  layout->made = (PyTypeObject *)PyType_FromSpec(&spec);
  return layout->made ? (PyObject *)layout : NULL;
}

static PyTypeObject layout_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "probe.Layout",
    .tp_basicsize = sizeof(Layout),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = layout_new,
};

/* --- Known(layout, stream, type, symbol, tail): what a beginning stands for -------------------- */

static PyObject *known_new(PyTypeObject *type, PyObject *given, PyObject *named) {
  PyObject *layout, *stream, *kind, *symbol, *tail;
  if (!PyArg_ParseTuple(given, "O!OUUO", &layout_type, &layout, &stream, &kind, &symbol, &tail))
    return NULL;
  Known *known = (Known *)type->tp_alloc(type, 0);
  if (known == NULL) return NULL;
  known->layout = (Layout *)Py_NewRef(layout);
  known->stream = Py_NewRef(stream);
  known->type = Py_NewRef(kind);
  known->symbol = Py_NewRef(symbol);
  known->tail = tail == Py_None ? NULL : Py_NewRef(tail);
  return (PyObject *)known;
}

static PyTypeObject known_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "probe.Known",
    .tp_basicsize = sizeof(Known),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = known_new,
};

/* --- Heads(recognise, known): recognises like the one it is given, and learns from it ---------- */

typedef struct {
  PyObject_HEAD
  PyObject *known, *recognise, *learn;
} Heads;

static PyObject *heads_new(PyTypeObject *type, PyObject *given, PyObject *named) {
  PyObject *recognise, *learn;
  if (!PyArg_ParseTuple(given, "OO", &recognise, &learn)) return NULL;
  Heads *heads = (Heads *)type->tp_alloc(type, 0);
  if (heads == NULL || !(heads->known = PyDict_New())) return NULL;
  heads->recognise = Py_NewRef(recognise);
  heads->learn = Py_NewRef(learn);
  return (PyObject *)heads;
}

static PyObject *heads_recognise(PyObject *self, PyObject *frame) {
  Heads *heads = (Heads *)self;
  if (!PyBytes_Check(frame)) return PyErr_Format(PyExc_TypeError, "expected bytes");
  const char *text = PyBytes_AS_STRING(frame);
  Py_ssize_t size = PyBytes_GET_SIZE(frame);
  const char *comma = memchr(text, ',', size);
  if (comma) comma = memchr(comma + 1, ',', size - (comma + 1 - text));
  if (comma == NULL) return PyObject_CallOneArg(heads->recognise, frame);
  PyObject *head = PyBytes_FromStringAndSize(text, comma - text);
  if (head == NULL) return NULL;
  Known *known = (Known *)PyDict_GetItemWithError(heads->known, head);
  int is_new = known == NULL;
  if (known && text[size - 1] == '}') {
    const char *tail = known->tail ? memrchr(text, ',', size) : NULL;
    Py_ssize_t left = tail ? size - (tail - text) : 0;
    if (!known->tail || (left == PyBytes_GET_SIZE(known->tail) &&
                         !memcmp(tail, PyBytes_AS_STRING(known->tail), left))) {
      Py_DECREF(head);
      return (PyObject *)view_of(known->layout, frame, (PyObject *)known);
    }
  }
  PyObject *payload = PyObject_CallOneArg(heads->recognise, frame);
  if (is_new && payload && payload != Py_None) {
    PyObject *learnt = PyObject_CallFunctionObjArgs(heads->learn, payload, frame, NULL);
    if (learnt == NULL || (learnt != Py_None && PyDict_SetItem(heads->known, head, learnt)))
      Py_CLEAR(payload);
    Py_XDECREF(learnt);
  }
  Py_DECREF(head);
  return payload;
}

static void heads_free(PyObject *self) {
  Heads *heads = (Heads *)self;
  Py_XDECREF(heads->known);
  Py_XDECREF(heads->recognise);
  Py_XDECREF(heads->learn);
  Py_TYPE(self)->tp_free(self);
}

static PyMethodDef heads_methods[] = {{"recognise", heads_recognise, METH_O, NULL}, {0}};
static PyTypeObject heads_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "probe.Heads",
    .tp_basicsize = sizeof(Heads),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = heads_free,
    .tp_methods = heads_methods,
    .tp_new = heads_new,
};

/* --- the module -------------------------------------------------------------------------------- */

/* What is a compiled event already stays as it is; of a payload tickwire makes the event. */
static PyObject *event_of(PyObject *module, PyObject *payload) {
  if (Py_TYPE(payload)->tp_dealloc == view_free) return Py_NewRef(payload);
  return PyObject_CallOneArg(event_of_payload, payload);
}

static PyObject *set_up(PyObject *module, PyObject *given) {
  if (!PyArg_ParseTuple(given, "OOOOO", &decimal_type, &decimal_of, &loads, &protocol_error,
                        &event_of_payload))
    return NULL;
  Py_INCREF(given); /* for ever */
  Py_RETURN_NONE;
}

static PyMethodDef functions[] = {{"event_of", event_of, METH_O, NULL},
                                  {"set_up", set_up, METH_VARARGS, NULL},
                                  {0}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "probe", NULL, -1, functions};

PyMODINIT_FUNC PyInit_probe(void) {
  for (int each = 0x20; each < 0x80; each++) is_plain[each] = each != '"' && each != '\\';
  units_type = (PyTypeObject *)PyType_FromSpec(&units_spec);
  if (units_type == NULL || PyType_Ready(&layout_type) || PyType_Ready(&known_type) ||
      PyType_Ready(&heads_type))
    return NULL;
  PyObject *module = PyModule_Create(&definition);
  if (module == NULL) return NULL;
  if (PyModule_AddObjectRef(module, "Layout", (PyObject *)&layout_type) ||
      PyModule_AddObjectRef(module, "Known", (PyObject *)&known_type) ||
      PyModule_AddObjectRef(module, "Heads", (PyObject *)&heads_type))
    return NULL;
  return module;
}
