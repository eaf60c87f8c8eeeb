; Tasks as modules of Taichi have them. Arguments are { scalar, { { i32 length }, float* data } }. The runtime is seen as
; bytes: roots at 88, parallel_for at 8288 and its pool before it, temporaries at 32872, the error's text at 32912, its
; values at 34960 and its code at 35224.
target triple = "x86_64-pc-linux-gnu"

%context = type { i8*, i8*, i32, i64* }
%array = type { { i32 }, float* }
%loop = type { %context*, void (%context*, i8*)*, void (%context*, i8*, i32)*, void (%context*, i8*)*, i64, i32, i32, i32, i32 }

@said = private unnamed_addr constant [26 x i8] c"The number is %d, not 7.\0A\00", align 1

; add_scaled: data[i] += scale * i. The length goes through the temporaries; a loop of 4 splits follows.
define void @add_scaled_kernel_0_serial(%context* %c) {
  %args = call { float, %array }* @args_f32(%context* %c)
  %length_at = getelementptr { float, %array }, { float, %array }* %args, i64 0, i32 1, i32 0, i32 0
  %length = load i32, i32* %length_at, align 4
  %shared = call i32* @temporaries(%context* %c)
  store i32 %length, i32* %shared, align 4
  ret void
}

define void @add_scaled_kernel_1_range_for(%context* %c) {
  call void @run_loop(%context* %c, void (%context*, i8*, i32)* @add_scaled_body)
  ret void
}

define internal void @add_scaled_body(%context* %c, i8* %local, i32 %part) {
entry:
  %shared = call i32* @temporaries(%context* %c)
  %length = load i32, i32* %shared, align 4
  %args = call { float, %array }* @args_f32(%context* %c)
  %scale_at = getelementptr { float, %array }, { float, %array }* %args, i64 0, i32 0
  %scale = load float, float* %scale_at, align 4
  %data_at = getelementptr { float, %array }, { float, %array }* %args, i64 0, i32 1, i32 1
  %data = load float*, float** %data_at, align 8
  %begin = mul i32 %part, 512
  %full = add i32 %begin, 512
  %end = call i32 @llvm.smin.i32(i32 %full, i32 %length)
  %any = icmp slt i32 %begin, %end
  br i1 %any, label %loop, label %done

loop:
  %i = phi i32 [ %begin, %entry ], [ %next, %loop ]
  %at = sext i32 %i to i64
  %cell = getelementptr float, float* %data, i64 %at
  %old = load float, float* %cell, align 4
  %number = sitofp i32 %i to float
  %more = fmul float %number, %scale
  %new = fadd float %old, %more
  store float %new, float* %cell, align 4
  %next = add i32 %i, 1
  %again = icmp slt i32 %next, %end
  br i1 %again, label %loop, label %done

done:
  ret void
}

; count: data[0] += 1 atomically, `times` times in each of 4 splits.
define void @count_kernel_0_range_for(%context* %c) {
  call void @run_loop(%context* %c, void (%context*, i8*, i32)* @count_body)
  ret void
}

define internal void @count_body(%context* %c, i8* %local, i32 %part) {
entry:
  %args = call { i32, %array }* @args_i32(%context* %c)
  %times_at = getelementptr { i32, %array }, { i32, %array }* %args, i64 0, i32 0
  %times = load i32, i32* %times_at, align 4
  %data_at = getelementptr { i32, %array }, { i32, %array }* %args, i64 0, i32 1, i32 1
  %data = load float*, float** %data_at, align 8
  br label %loop

loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %old = atomicrmw fadd float* %data, float 1.0 seq_cst, align 4
  %next = add i32 %i, 1
  %again = icmp slt i32 %next, %times
  br i1 %again, label %loop, label %done

done:
  ret void
}

; mathematics: data[0] = sin, data[1] = data[1] ^ data[2], data[3] rounded to half precision and back, data[4] too, but as
; a double.
define void @mathematics_kernel_0_serial(%context* %c) {
  %args = call { i32, %array }* @args_i32(%context* %c)
  %data_at = getelementptr { i32, %array }, { i32, %array }* %args, i64 0, i32 1, i32 1
  %data = load float*, float** %data_at, align 8
  %x0 = load float, float* %data, align 4
  %sine = call float @sinf(float %x0)
  store float %sine, float* %data, align 4
  %p1 = getelementptr float, float* %data, i64 1
  %x1 = load float, float* %p1, align 4
  %p2 = getelementptr float, float* %data, i64 2
  %x2 = load float, float* %p2, align 4
  %power = call float @powf(float %x1, float %x2)
  store float %power, float* %p1, align 4
  %p3 = getelementptr float, float* %data, i64 3
  %x3 = load float, float* %p3, align 4
  %half = fptrunc float %x3 to half
  %back = fpext half %half to float
  store float %back, float* %p3, align 4
  %p4 = getelementptr float, float* %data, i64 4
  %x4 = load float, float* %p4, align 4
  %wide = fpext float %x4 to double
  %third = fdiv double %wide, 3.0
  %half4 = fptrunc double %third to half
  %back4 = fpext half %half4 to float
  store float %back4, float* %p4, align 4
  ret void
}

; check: a failed assertion when the number is not 7.
define void @check_kernel_0_serial(%context* %c) {
entry:
  %args = call { i32, %array }* @args_i32(%context* %c)
  %number_at = getelementptr { i32, %array }, { i32, %array }* %args, i64 0, i32 0
  %number = load i32, i32* %number_at, align 4
  %right = icmp eq i32 %number, 7
  br i1 %right, label %done, label %wrong

wrong:
  %runtime = call i8* @runtime(%context* %c)
  %text = getelementptr i8, i8* %runtime, i64 32912
  call void @llvm.memcpy.p0i8.p0i8.i64(i8* %text, i8* getelementptr ([26 x i8], [26 x i8]* @said, i64 0, i64 0), i64 26, i1 false)
  %values8 = getelementptr i8, i8* %runtime, i64 34960
  %values = bitcast i8* %values8 to i64*
  %value = sext i32 %number to i64
  store i64 %value, i64* %values, align 8
  %code8 = getelementptr i8, i8* %runtime, i64 35224
  %code = bitcast i8* %code8 to i64*
  store i64 1, i64* %code, align 8
  br label %done

done:
  ret void
}

; keep: the number goes to a field. give: the field goes to data[0].
define void @keep_kernel_0_serial(%context* %c) {
  %args = call { i32, %array }* @args_i32(%context* %c)
  %number_at = getelementptr { i32, %array }, { i32, %array }* %args, i64 0, i32 0
  %number = load i32, i32* %number_at, align 4
  %field = call i32* @field(%context* %c)
  store i32 %number, i32* %field, align 4
  ret void
}

define void @give_kernel_0_serial(%context* %c) {
  %args = call { i32, %array }* @args_i32(%context* %c)
  %data_at = getelementptr { i32, %array }, { i32, %array }* %args, i64 0, i32 1, i32 1
  %data = load float*, float** %data_at, align 8
  %field = call i32* @field(%context* %c)
  %number = load i32, i32* %field, align 4
  %value = sitofp i32 %number to float
  store float %value, float* %data, align 4
  ret void
}

define internal { float, %array }* @args_f32(%context* %c) {
  %at = bitcast %context* %c to { float, %array }**
  %args = load { float, %array }*, { float, %array }** %at, align 8
  ret { float, %array }* %args
}

define internal { i32, %array }* @args_i32(%context* %c) {
  %at = bitcast %context* %c to { i32, %array }**
  %args = load { i32, %array }*, { i32, %array }** %at, align 8
  ret { i32, %array }* %args
}

define internal i8* @runtime(%context* %c) {
  %at = getelementptr %context, %context* %c, i64 0, i32 1
  %runtime = load i8*, i8** %at, align 8
  ret i8* %runtime
}

define internal i32* @temporaries(%context* %c) {
  %runtime = call i8* @runtime(%context* %c)
  %at8 = getelementptr i8, i8* %runtime, i64 32872
  %at = bitcast i8* %at8 to i32**
  %temporaries = load i32*, i32** %at, align 8
  ret i32* %temporaries
}

define internal i32* @field(%context* %c) {
  %runtime = call i8* @runtime(%context* %c)
  %at8 = getelementptr i8, i8* %runtime, i64 88
  %at = bitcast i8* %at8 to i32**
  %root = load i32*, i32** %at, align 8
  ret i32* %root
}

define internal void @run_loop(%context* %c, void (%context*, i8*, i32)* %body) alwaysinline {
  %l = alloca %loop, align 8
  %p0 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 0
  store %context* %c, %context** %p0, align 8
  %p1 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 1
  store void (%context*, i8*)* @nothing, void (%context*, i8*)** %p1, align 8
  %p2 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 2
  store void (%context*, i8*, i32)* %body, void (%context*, i8*, i32)** %p2, align 8
  %p3 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 3
  store void (%context*, i8*)* @nothing, void (%context*, i8*)** %p3, align 8
  %p4 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 4
  store i64 8, i64* %p4, align 8
  %p5 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 5
  %numbers = bitcast i32* %p5 to <4 x i32>*
  store <4 x i32> <i32 0, i32 4, i32 1, i32 1>, <4 x i32>* %numbers, align 8
  %runtime = call i8* @runtime(%context* %c)
  %pool_at = getelementptr i8, i8* %runtime, i64 8280
  %pool_field = bitcast i8* %pool_at to i8**
  %pool = load i8*, i8** %pool_field, align 8
  %call_at = getelementptr i8, i8* %runtime, i64 8288
  %call_field = bitcast i8* %call_at to void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)**
  %parallel_for = load void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)*, void (i8*, i32, i32, i8*, void (i8*, i32, i32)*)** %call_field, align 8
  %l8 = bitcast %loop* %l to i8*
  call void %parallel_for(i8* %pool, i32 4, i32 4, i8* %l8, void (i8*, i32, i32)* @split)
  ret void
}

define internal void @nothing(%context* %c, i8* %local) {
  ret void
}

define internal void @split(i8* %l8, i32 %thread, i32 %part) {
  %copy = alloca %context, align 8
  %local = alloca i64, align 8
  %local8 = bitcast i64* %local to i8*
  %l = bitcast i8* %l8 to %loop*
  %p0 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 0
  %c = load %context*, %context** %p0, align 8
  %from = bitcast %context* %c to i8*
  %to = bitcast %context* %copy to i8*
  call void @llvm.memcpy.p0i8.p0i8.i64(i8* align 8 %to, i8* align 8 %from, i64 32, i1 false)
  %id_at = getelementptr %context, %context* %copy, i64 0, i32 2
  store i32 %thread, i32* %id_at, align 8
  %p2 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 2
  %body = load void (%context*, i8*, i32)*, void (%context*, i8*, i32)** %p2, align 8
  call void %body(%context* %copy, i8* %local8, i32 %part)
  ret void
}

declare void @llvm.memcpy.p0i8.p0i8.i64(i8*, i8*, i64, i1)
declare i32 @llvm.smin.i32(i32, i32)
declare float @sinf(float)
declare float @powf(float, float)
