; Atomic operations in what each iteration runs. Arguments are { i32 n, float* sum, i32* count, i32* lock, float* most }.
; `scatter` starts them in 2 splits of n iterations, `struct_scatter` from a shorter context; `locked` is one thread's.
target triple = "x86_64-pc-linux-gnu"

%context = type { i8*, i8*, i32, i64* }
%args = type { i32, float*, i32*, i32*, float* }
%loop = type { %context*, void (%context*, i8*)*, void (%context*, i8*, i32)*, void (%context*, i8*)*, i64, i32, i32, i32, i32 }
%cells = type { %context*, void (%context*, i8*, i32)*, i8*, i32, i32, i64 }

define void @scatter(%context* %c) {
entry:
  %l = alloca %loop, align 8
  %p0 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 0
  store %context* %c, %context** %p0, align 8
  %p2 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 2
  store void (%context*, i8*, i32)* @body, void (%context*, i8*, i32)** %p2, align 8
  %l8 = bitcast %loop* %l to i8*
  %field = getelementptr inbounds %context, %context* %c, i64 0, i32 1
  %runtime = load i8*, i8** %field, align 8
  %call_at = getelementptr i8, i8* %runtime, i64 8288
  %call_field = bitcast i8* %call_at to void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)**
  %parallel_for = load void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)*, void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)** %call_field, align 8
  call void %parallel_for(i8* null, i32 2, i32 2, i8* %l8, void (i8*, i32, i32)* @range_split)
  ret void
}

define void @struct_scatter(%context* %c) {
entry:
  %l = alloca %cells, align 8
  %p0 = getelementptr inbounds %cells, %cells* %l, i64 0, i32 0
  store %context* %c, %context** %p0, align 8
  %p1 = getelementptr inbounds %cells, %cells* %l, i64 0, i32 1
  store void (%context*, i8*, i32)* @body, void (%context*, i8*, i32)** %p1, align 8
  %l8 = bitcast %cells* %l to i8*
  %field = getelementptr inbounds %context, %context* %c, i64 0, i32 1
  %runtime = load i8*, i8** %field, align 8
  %call_at = getelementptr i8, i8* %runtime, i64 8288
  %call_field = bitcast i8* %call_at to void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)**
  %parallel_for = load void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)*, void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)** %call_field, align 8
  call void %parallel_for(i8* null, i32 2, i32 2, i8* %l8, void (i8*, i32, i32)* @cells_split)
  ret void
}

define void @locked(%context* %c) {
entry:
  %args = call %args* @args_of(%context* %c)
  %lock_at = getelementptr %args, %args* %args, i64 0, i32 3
  %lock = load i32*, i32** %lock_at, align 8
  br label %take

take:
  %was = atomicrmw volatile xchg i32* %lock, i32 1 seq_cst, align 4
  %taken = icmp eq i32 %was, 1
  br i1 %taken, label %take, label %inside

inside:
  %count_at = getelementptr %args, %args* %args, i64 0, i32 2
  %count = load i32*, i32** %count_at, align 8
  %old = load volatile i32, i32* %count, align 4
  %new = mul i32 %old, 2
  store volatile i32 %new, i32* %count, align 4
  fence seq_cst
  %held = atomicrmw volatile xchg i32* %lock, i32 0 seq_cst, align 4
  ret void
}

; 1 to the sum, 1 to the count, the index to the greatest.
define internal void @body(%context* %c, i8* %local, i32 %part) {
entry:
  %args = call %args* @args_of(%context* %c)
  %n_at = getelementptr %args, %args* %args, i64 0, i32 0
  %n = load i32, i32* %n_at, align 4
  %sum_at = getelementptr %args, %args* %args, i64 0, i32 1
  %sum = load float*, float** %sum_at, align 8
  %count_at = getelementptr %args, %args* %args, i64 0, i32 2
  %count = load i32*, i32** %count_at, align 8
  %most_at = getelementptr %args, %args* %args, i64 0, i32 4
  %most = load float*, float** %most_at, align 8
  %any = icmp sgt i32 %n, 0
  br i1 %any, label %loop, label %done

loop:
  %i = phi i32 [ 0, %entry ], [ %next, %compared ]
  %s = atomicrmw fadd float* %sum, float 1.0 seq_cst, align 4
  %k = atomicrmw add i32* %count, i32 1 seq_cst, align 4
  %value = sitofp i32 %i to float
  %most_bits = bitcast float* %most to i32*
  br label %compare

compare:
  %seen = load volatile float, float* %most, align 4
  %less = fcmp olt float %seen, %value
  %greater = select i1 %less, float %value, float %seen
  %seen_bits = bitcast float %seen to i32
  %greater_bits = bitcast float %greater to i32
  %pair = cmpxchg weak volatile i32* %most_bits, i32 %seen_bits, i32 %greater_bits seq_cst seq_cst, align 4
  %stored = extractvalue { i32, i1 } %pair, 1
  br i1 %stored, label %compared, label %compare

compared:
  %next = add i32 %i, 1
  %again = icmp slt i32 %next, %n
  br i1 %again, label %loop, label %done

done:
  ret void
}

define internal void @range_split(i8* %l8, i32 %thread, i32 %part) {
  %l = bitcast i8* %l8 to %loop*
  %p0 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 0
  %c = load %context*, %context** %p0, align 8
  %p2 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 2
  %body = load void (%context*, i8*, i32)*, void (%context*, i8*, i32)** %p2, align 8
  call void %body(%context* %c, i8* null, i32 %part)
  ret void
}

define internal void @cells_split(i8* %l8, i32 %thread, i32 %part) {
  %l = bitcast i8* %l8 to %cells*
  %p0 = getelementptr inbounds %cells, %cells* %l, i64 0, i32 0
  %c = load %context*, %context** %p0, align 8
  %p1 = getelementptr inbounds %cells, %cells* %l, i64 0, i32 1
  %body = load void (%context*, i8*, i32)*, void (%context*, i8*, i32)** %p1, align 8
  call void %body(%context* %c, i8* null, i32 %part)
  ret void
}

define internal %args* @args_of(%context* %c) alwaysinline {
  %field = bitcast %context* %c to %args**
  %args = load %args*, %args** %field, align 8
  ret %args* %args
}
