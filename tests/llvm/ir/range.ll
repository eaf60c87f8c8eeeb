; A parallel loop: data[i] += i for i below n, in 4 splits, a sum by an epilogue, and a half-precision store. Arguments
; are { i32 n, float* data, half* halves }. The runtime is seen as bytes: parallel_for at 8288, its pool at 8280.
target triple = "x86_64-pc-linux-gnu"

%context = type { i8*, i8*, i32, i64* }
%args = type { i32, float*, half* }
%loop = type { %context*, void (%context*, i8*)*, void (%context*, i8*, i32)*, void (%context*, i8*)*, i64, i32, i32, i32, i32 }

define void @add_indices(%context* %c) {
entry:
  %l = alloca %loop, align 8
  %p0 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 0
  store %context* %c, %context** %p0, align 8
  %p1 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 1
  store void (%context*, i8*)* @zero, void (%context*, i8*)** %p1, align 8
  %p2 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 2
  store void (%context*, i8*, i32)* @body, void (%context*, i8*, i32)** %p2, align 8
  %p3 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 3
  store void (%context*, i8*)* @add_total, void (%context*, i8*)** %p3, align 8
  %p4 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 4
  store i64 8, i64* %p4, align 8
  %p5 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 5
  %numbers = bitcast i32* %p5 to <4 x i32>*
  store <4 x i32> <i32 0, i32 4, i32 1, i32 1>, <4 x i32>* %numbers, align 8
  %field = getelementptr inbounds %context, %context* %c, i64 0, i32 1
  %runtime = load i8*, i8** %field, align 8
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

define internal void @zero(%context* %c, i8* %local) {
  %sum = bitcast i8* %local to float*
  store float 0.0, float* %sum, align 4
  ret void
}

define internal void @body(%context* %c, i8* %local, i32 %part) {
entry:
  %sum = bitcast i8* %local to float*
  %field = bitcast %context* %c to %args**
  %args = load %args*, %args** %field, align 8
  %n_at = getelementptr %args, %args* %args, i64 0, i32 0
  %n = load i32, i32* %n_at, align 4
  %data_at = getelementptr %args, %args* %args, i64 0, i32 1
  %data = load float*, float** %data_at, align 8
  %halves_at = getelementptr %args, %args* %args, i64 0, i32 2
  %halves = load half*, half** %halves_at, align 8
  %begin = mul i32 %part, 512
  %full = add i32 %begin, 512
  %end = call i32 @llvm.smin.i32(i32 %full, i32 %n)
  %any = icmp slt i32 %begin, %end
  br i1 %any, label %loop, label %done

loop:
  %i = phi i32 [ %begin, %entry ], [ %next, %loop ]
  %at = sext i32 %i to i64
  %cell = getelementptr float, float* %data, i64 %at
  %old = load float, float* %cell, align 4
  %as_float = sitofp i32 %i to float
  %new = fadd float %old, %as_float
  store float %new, float* %cell, align 4
  %half_cell = getelementptr half, half* %halves, i64 %at
  %as_half = fptrunc float %new to half
  store half %as_half, half* %half_cell, align 2
  %partial = load float, float* %sum, align 4
  %more = fadd float %partial, 1.0
  store float %more, float* %sum, align 4
  %next = add i32 %i, 1
  %again = icmp slt i32 %next, %end
  br i1 %again, label %loop, label %done, !llvm.loop !0

done:
  ret void
}

define internal void @add_total(%context* %c, i8* %local) {
  %sum = bitcast i8* %local to float*
  %partial = load float, float* %sum, align 4
  %result_at = getelementptr %context, %context* %c, i64 0, i32 3
  %result = load i64*, i64** %result_at, align 8
  %total = bitcast i64* %result to float*
  %old = atomicrmw fadd float* %total, float %partial seq_cst, align 4
  ret void
}

define internal void @split(i8* %l8, i32 %thread, i32 %part) #0 {
entry:
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
  %p1 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 1
  %prologue = load void (%context*, i8*)*, void (%context*, i8*)** %p1, align 8
  %p2 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 2
  %body = load void (%context*, i8*, i32)*, void (%context*, i8*, i32)** %p2, align 8
  %p3 = getelementptr inbounds %loop, %loop* %l, i64 0, i32 3
  %epilogue = load void (%context*, i8*)*, void (%context*, i8*)** %p3, align 8
  call void %prologue(%context* %copy, i8* %local8)
  call void %body(%context* %copy, i8* %local8, i32 %part)
  call void %epilogue(%context* %copy, i8* %local8)
  ret void
}

declare void @llvm.memcpy.p0i8.p0i8.i64(i8*, i8*, i64, i1)
declare i32 @llvm.smin.i32(i32, i32)

attributes #0 = { alwaysinline uwtable "target-cpu"="x86-64" "tune-cpu"="generic" }

!llvm.module.flags = !{!2, !3}
!0 = distinct !{!0, !1}
!1 = !{!"llvm.loop.mustprogress"}
!2 = !{i32 7, !"PIC Level", i32 2}
!3 = !{i32 7, !"uwtable", i32 1}
