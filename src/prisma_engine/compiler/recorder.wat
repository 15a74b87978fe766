;; Exists before the compiler; every export with a hash in its name is the compiler's import of that name.
;; recorder.py says what this is for.
(module
  (import "host" "text" (func $host_text (param i32 i32) (result externref)))
  (import "host" "is_string" (func $host_is_string (param externref) (result i32)))

  ;; Kinds of records, as in recorder.py.
  (global $PROPERTY i32 (i32.const 0))  ;; object, key, value
  (global $TEXT i32 (i32.const 1))      ;; offset in $texts, length
  (global $OBJECT i32 (i32.const 2))
  (global $ITEM i32 (i32.const 3))      ;; array, index, value
  (global $ARRAY i32 (i32.const 4))
  (global $DOUBLE i32 (i32.const 5))    ;; and the next two: low bits, high bits
  (global $SIGNED i32 (i32.const 6))
  (global $UNSIGNED i32 (i32.const 7))

  (memory $log (export "log") 1)
  (memory $texts (export "texts") 1)
  (global $first (export "first") (mut i32) (i32.const 3))      ;; number of the log's first value
  (global $records (export "records") (mut i32) (i32.const 0))  ;; how many there are in the log
  (global $end (export "end") (mut i32) (i32.const 0))          ;; of what $texts holds
  (global $recording (mut i32) (i32.const 0))

  ;; Filled by the attachment.
  (table $attached (export "attached") 2 funcref)
  (type $copy (func (param i32 i32)))
  (type $fill (func))

  ;; Begin a new log.
  (func (export "start")
    (global.set $recording (i32.const 1))
    (global.set $records (i32.const 0))
    (global.set $end (i32.const 0)))

  (func $number (param $value externref) (result i32)
    (if (result i32) (ref.is_null (local.get $value))
      (then (i32.const 0))
      (else (i31.get_u (ref.cast (ref i31) (any.convert_extern (local.get $value)))))))

  (func $record (param $kind i32) (param $a i32) (param $b i32) (param $c i32) (result externref)
    (local $address i32)
    (local.set $address (i32.mul (global.get $records) (i32.const 16)))
    (if (i32.eq (local.get $address) (i32.mul (memory.size $log) (i32.const 65536)))
      (then
        (if (i32.eq (memory.grow $log (memory.size $log)) (i32.const -1)) (then unreachable))))
    (i32.store $log (local.get $address) (local.get $kind))
    (i32.store $log offset=4 (local.get $address) (local.get $a))
    (i32.store $log offset=8 (local.get $address) (local.get $b))
    (i32.store $log offset=12 (local.get $address) (local.get $c))
    (extern.convert_any (ref.i31 (i32.add (global.get $first) (global.get $records))))
    (global.set $records (i32.add (global.get $records) (i32.const 1))))

  (func $record_empty (param $kind i32) (result externref)
    (call $record (local.get $kind) (i32.const 0) (i32.const 0) (i32.const 0)))

  (func $record_bits (param $kind i32) (param $bits i64) (result externref)
    (call $record (local.get $kind)
      (i32.wrap_i64 (local.get $bits))
      (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 32)))
      (i32.const 0)))

  ;; Values before the log are the constants and the texts that the attachment kept.
  (func $is_text (export "is_text") (param $number i32) (result i32)
    (if (i32.lt_u (local.get $number) (global.get $first))
      (then (return (i32.ge_u (local.get $number) (i32.const 3)))))
    (i32.eq (global.get $TEXT)
      (i32.load $log (i32.mul (i32.sub (local.get $number) (global.get $first)) (i32.const 16)))))

  (func (export "__wbindgen_init_externref_table")
    (call_indirect $attached (type $fill) (i32.const 1)))

  (func (export "__wbindgen_cast_2241b6af4c4b2941") (param $address i32) (param $length i32) (result externref)
    (if (i32.eqz (global.get $recording))
      (then (return (call $host_text (local.get $address) (local.get $length)))))
    (call $record (global.get $TEXT) (global.get $end) (local.get $length) (i32.const 0))
    (call_indirect $attached (type $copy) (local.get $address) (local.get $length) (i32.const 0)))

  (func (export "__wbg___wbindgen_is_string_fbb76cb2940daafd") (param $value externref) (result i32)
    (if (i32.eqz (global.get $recording))
      (then (return (call $host_is_string (local.get $value)))))
    (call $is_text (call $number (local.get $value))))

  ;; new Object, new Map, new Array
  (func (export "__wbg_new_1acc0b6eea89d040") (result externref) (call $record_empty (global.get $OBJECT)))
  (func (export "__wbg_new_68651c719dcda04e") (result externref) (call $record_empty (global.get $OBJECT)))
  (func (export "__wbg_new_e17d9f43105b08be") (result externref) (call $record_empty (global.get $ARRAY)))

  ;; object[key] = value
  (func $set (export "__wbg_set_3f1d0b984ed272ed")
    (param $object externref) (param $key externref) (param $value externref)
    (drop (call $record (global.get $PROPERTY)
      (call $number (local.get $object)) (call $number (local.get $key)) (call $number (local.get $value)))))

  ;; map.set(key, value), which returns the map
  (func (export "__wbg_set_907fb406c34a251d")
    (param $map externref) (param $key externref) (param $value externref) (result externref)
    (call $set (local.get $map) (local.get $key) (local.get $value))
    (local.get $map))

  ;; array[index] = value
  (func (export "__wbg_set_c213c871859d6500") (param $array externref) (param $index i32) (param $value externref)
    (drop (call $record (global.get $ITEM)
      (call $number (local.get $array)) (local.get $index) (call $number (local.get $value)))))

  (func (export "__wbindgen_cast_d6cd19b81560fd6e") (param $value f64) (result externref)
    (call $record_bits (global.get $DOUBLE) (i64.reinterpret_f64 (local.get $value))))
  (func (export "__wbindgen_cast_9ae0607507abb057") (param $value i64) (result externref)
    (call $record_bits (global.get $SIGNED) (local.get $value)))
  (func (export "__wbindgen_cast_4625c577ab2ec9ee") (param $value i64) (result externref)
    (call $record_bits (global.get $UNSIGNED) (local.get $value))))
